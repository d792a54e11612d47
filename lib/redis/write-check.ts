/** Checks that Redis accepts the commands of the script, before any circuit depends on it. */
import type { Evaluator } from './line.js'
import { runScript } from './run-script.js'

/** Runs each command that the circuits' script needs, on a key that expires at once. */
const WRITE_CHECK = `
redis.call('TIME')
redis.call('HMGET', KEYS[1], 'version')
redis.call('HSET', KEYS[1], 'version', 1)
redis.call('PEXPIRE', KEYS[1], 0)
return 1
`

/**
 * How many keys to try. If the server is a node of a cluster, at least one of them belongs to another node:
 * with three nodes, all 16 belong to the connected one about once in 43 million checks.
 */
const KEYS = 16

export interface View {
  readonly prefix: string
  /** Whether the connection leads to a single server, which may turn out to be a node of a cluster. */
  readonly isOneServer: boolean
}

/** Rejects with the server's error if it refuses writes. No circuit has keys like these. */
export async function checkWrites(
  evaluator: Evaluator,
  { prefix, isOneServer }: View,
): Promise<void> {
  const keys = Array.from({ length: isOneServer ? KEYS : 1 }, () => `${prefix}/${crypto.randomUUID()}`) // prettier-ignore
  // The first call loads the script.
  const [first = '', ...rest] = keys
  await runScript(evaluator, WRITE_CHECK, first, [])
  await Promise.all(rest.map((key) => runScript(evaluator, WRITE_CHECK, key, [])))
}
