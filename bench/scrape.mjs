/** Measures the time to answer a scrape of a thousand circuits, all of which have been used. */
import { setImmediate as turn } from 'node:timers/promises'
import axios from 'axios'
import { CircuitBreaker } from 'axios-breaker'
import { collectMetrics } from 'axios-breaker/prometheus'
import { Registry } from 'prom-client'
import { UP, answer } from './service.mjs'
import { median } from './statistics.mjs'

/** @import { Extent } from './main.mjs' */

const SCRAPES = 15

/**
 * @param {Extent} extent
 * @returns milliseconds, and the lines of text
 */
export async function scrape({ circuits }) {
  const registry = new Registry()
  const breaker = new CircuitBreaker()
  collectMetrics(breaker, { registry })
  const amount = Math.ceil(circuits / 10)
  for (let number = 0; number < amount; number += 1) {
    const instance = axios.create({ adapter: answer })
    breaker.attach(instance, `service-${number}`)
    await instance.get(UP)
    // The adapter answers at once, and events beyond a thousand in one turn wait for the next one.
    await turn()
  }
  const times = []
  let text = ''
  for (let count = -SCRAPES; count < SCRAPES; count += 1) {
    const start = performance.now()
    text = await registry.metrics()
    if (count >= 0) times.push(performance.now() - start)
  }
  return { milliseconds: median(times), lines: text.split('\n').length, circuits: amount }
}
