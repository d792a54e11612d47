/** What a script finds alive, in a process that may collect garbage when it is told to. */
import { resolve } from 'node:path'
import { runScript } from '../../scripts/run.mjs'
import { axiosCopy } from './axios-copy.js'

const PRELUDE = `
import axios from 'axios'
import { CircuitBreaker } from '${resolve('dist/esm/index.js')}'
import { setImmediate as turn } from 'node:timers/promises'
/** Collects until the condition holds, or for so many rounds in vain. */
async function collected(condition, rounds = 50) {
  for (let round = 0; round < rounds; round += 1) {
    // What a weak reference was asked for stays until the turn ends.
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

/** @returns what the script has written to the console, as JSON */
export async function inCollected<Found>(script: string): Promise<Found> {
  const printed = await runScript(PRELUDE + script, {
    flags: ['--expose-gc', ...axiosCopy()],
    seconds: 60,
  })
  return JSON.parse(printed) as Found
}
