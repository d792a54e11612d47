/** Runs each part in a process of its own, so that no part affects another. */
import { fork } from 'node:child_process'
import { once } from 'node:events'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Extent } from './main.mjs' */

/** Rounds per process. */
const ROUNDS = 250

/**
 * @param {string} script in this folder
 * @param {(string | number)[]} values its arguments
 * @returns what the script sends back
 */
export async function apart(script, ...values) {
  const child = fork(new URL(script, import.meta.url), values.map(String), {
    execArgv: ['--expose-gc'],
  })
  try {
    return await Promise.race([once(child, 'message').then(([result]) => result), death(child)])
  } finally {
    // Some of the compared libraries keep the process alive while their circuits are open.
    child.kill()
  }
}

/** @param {ChildProcess} child */
async function death(child) {
  const [code] = await once(child, 'exit')
  throw new Error(`A process of the benchmark ended early, with code ${code}`)
}

/**
 * Spreads the rounds of a part over several processes: the same code compiles differently in each process,
 * and the difference exceeds what is measured.
 *
 * @param {string} part
 * @param {Extent} extent
 * @returns {Promise<Record<string, number[]>>} microseconds per call, one figure a process
 */
export async function inProcesses(part, extent) {
  const processes = Math.max(1, Math.round(extent.rounds / ROUNDS))
  /** @type {Record<string, number[]>} */
  const samples = {}
  for (let left = processes, rounds = extent.rounds; left > 0; left -= 1) {
    const share = Math.ceil(rounds / left)
    rounds -= share
    const found = await apart('part.mjs', part, JSON.stringify({ ...extent, rounds: share }))
    for (const name of Object.keys(found)) (samples[name] ??= []).push(found[name])
  }
  return samples
}
