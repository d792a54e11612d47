/** What circuits cost that have nothing to do: each variant in a process of its own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { BARE, NAMES } from './variants.mjs'

/** @returns bytes and timers per variant, without the axios instance itself */
export async function idle({ circuits }) {
  const found = {}
  for (const name of NAMES) found[name] = await measure(name, circuits)
  const instance = found[BARE].bytes
  for (const result of Object.values(found)) result.bytes -= instance
  return { instance, found }
}

async function measure(name, circuits) {
  const script = new URL('idle-circuits.mjs', import.meta.url)
  const child = fork(script, [name, String(circuits)], { execArgv: ['--expose-gc'] })
  const [result] = await once(child, 'message')
  child.kill()
  return result
}
