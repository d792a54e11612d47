/** What `--help` prints, and the error of a command line that cannot be carried out. */

/** The command line is wrong. Nothing was sent to Redis. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const HELP = `Usage: axios-breaker COMMAND [OPTIONS]

Shows the circuits that a fleet shares through Redis, and forces them open or closed.

Commands:
  list           list circuits that failed or opened lately, and those that are forced
  watch          the same, and then each change, until Ctrl-C
  open NAME      force a circuit open: every process refuses its requests
  close NAME     force a circuit closed: every process sends its requests, and goes on counting
  release NAME   end the force: the circuit decides again

Options:
  --url URL      Redis, as redis:// or rediss://. Default: REDIS_URL of the environment,
                 which you need for a URL with a password, since ps shows --url to others
  --prefix TEXT  the prefix option of RedisStorage. Default: axios-breaker
  --for TIME     open, close: how long, such as 90s, 5m, 1h30m or 2d, or forever.
                 close without it lasts until you release the circuit; open asks
  --by NAME      open, close: who forces the circuit. Default: your user name
  --reason TEXT  open, close: why. Callers see it in the errors of refused requests
  --json         print JSON: one document, or one for each line of watch
  --help         print this
  --version      print the version

Exit codes: 0 if it was done, 1 if Redis cannot be used, 2 if the command line is wrong
`
