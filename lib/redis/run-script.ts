import { property } from '../internal/property.js'
import type { Evaluator } from './line.js'
import { sha1 } from './wire.js'

/** Runs a script by its hash, or in full if Redis lost it: in a restart, a SCRIPT FLUSH or a failover. */
export async function runScript(
  evaluator: Evaluator,
  script: string,
  key: string,
  args: string[],
): Promise<unknown> {
  try {
    return await evaluator.evaluate('evalSha', sha1(script), key, args)
  } catch (error) {
    if (!String(property(error, 'message')).startsWith('NOSCRIPT')) throw error
    return evaluator.evaluate('eval', script, key, args)
  }
}
