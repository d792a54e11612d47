import { property } from '../internal/property.js'
import type { Evaluator } from './line.js'
import { sha1 } from './wire.js'

/** A script by its name, and in full if Redis does not know it: after a restart, a SCRIPT FLUSH, a failover. */
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
