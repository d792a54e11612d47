/**
 * Times variants side by side, in turns of less than a millisecond, so that disturbances of the machine affect
 * all of them alike.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { quantile } from './statistics.mjs'

/**
 * The quantile of a variant's turns that counts. Other work on the machine can only make a turn slower, so on a busy
 * machine the median says more about the other work than about the code.
 */
const UNDISTURBED = 0.25
const US_PER_MS = 1000

/**
 * Each round runs every variant once, in a random order. Before that, each is called `warmUp` times: the first
 * tens of thousands of requests measure the compiler and not the variant, as it leaves small functions for last.
 *
 * @param {Readonly<Record<string, () => Promise<unknown>>>} variants by name
 * @param {{ rounds: number, calls: number, warmUp: number, concurrency?: number }} extent
 * @returns {Promise<Record<string, number>>} microseconds per call
 */
export async function compare(variants, { rounds, calls, warmUp, concurrency = 1 }) {
  const names = Object.keys(variants)
  /** @type {Record<string, number[]>} */
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  const warmUps = Math.ceil(warmUp / calls)
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const name of shuffled(names)) {
      // As a network would: requests that never let the event loop turn make events of metrics pile up.
      await nextTurn()
      const microseconds = await time(variants[name], calls, concurrency)
      if (round >= 0) samples[name].push(microseconds)
    }
  }
  return Object.fromEntries(names.map((name) => [name, quantile(samples[name], UNDISTURBED)]))
}

/**
 * @param {() => Promise<unknown>} call
 * @param {number} calls
 * @param {number} concurrency
 * @returns microseconds per call
 */
async function time(call, calls, concurrency) {
  const start = performance.now()
  for (let done = 0; done < calls; done += concurrency) {
    if (concurrency === 1) await call()
    else await Promise.all(Array.from({ length: concurrency }, call))
  }
  return ((performance.now() - start) * US_PER_MS) / calls
}

/** @param {readonly string[]} names */
function shuffled(names) {
  return names
    .map((name) => ({ name, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ name }) => name)
}
