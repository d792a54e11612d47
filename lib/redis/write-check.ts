/** Whether circuits can be shared at all: found out before the first of them depends on it. */
import type { Evaluator } from './line.js'
import { runScript } from './run-script.js'

/** What the script for circuits needs, on a key that is gone again at once. */
const WRITE_CHECK = `
redis.call('TIME')
redis.call('HMGET', KEYS[1], 'version')
redis.call('HSET', KEYS[1], 'version', 1)
redis.call('PEXPIRE', KEYS[1], 0)
return 1
`

/**
 * Of so many keys one at least belongs to another node, if the server is one of a cluster: of three nodes
 * each has a third of all slots, and one key in a million is not found out.
 */
const KEYS = 16

export interface View {
  readonly prefix: string
  /** Whether the server may turn out to be one of several, and only the others be meant. */
  readonly isOneServer: boolean
}

/** Rejects with the server's word if it does not let us write. The keys are like no circuit's. */
export async function checkWrites(
  evaluator: Evaluator,
  { prefix, isOneServer }: View,
): Promise<void> {
  const keys = Array.from({ length: isOneServer ? KEYS : 1 }, () => `${prefix}/${crypto.randomUUID()}`) // prettier-ignore
  // The first loads the script.
  const [first = '', ...rest] = keys
  await runScript(evaluator, WRITE_CHECK, first, [])
  await Promise.all(rest.map((key) => runScript(evaluator, WRITE_CHECK, key, [])))
}
