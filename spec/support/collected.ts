/** Runs a script that can force a garbage collection, and returns what is still alive. */
import { resolve } from 'node:path'
import { runScript } from '../../scripts/run.mjs'
import { axiosCopy } from './axios-copy.js'

const PRELUDE = `
import axios from 'axios'
import { CircuitBreaker } from '${resolve('dist/esm/index.js')}'
import { setImmediate as turn } from 'node:timers/promises'
/** Collects garbage until the condition holds, or gives up after so many rounds. */
async function collected(condition, rounds = 50) {
  for (let round = 0; round < rounds; round += 1) {
    // A weak reference that was read keeps its target until the turn ends.
    await turn()
    globalThis.gc()
    if (condition()) return true
  }
  return false
}
const alive = (references) => references.filter((reference) => reference.deref()).length
async function settled() {
  await collected(() => false, 4)
  return process.memoryUsage().heapUsed
}
`

/** @returns the JSON that the script wrote to the console */
export async function inCollected<Found>(script: string): Promise<Found> {
  const printed = await runScript(PRELUDE + script, {
    flags: ['--expose-gc', ...axiosCopy()],
    seconds: 60,
  })
  return JSON.parse(printed) as Found
}
