/** Makes circuits of one variant that nobody uses, and sends the parent process their memory and timers. */
import { createHook } from 'node:async_hooks'
import axios from 'axios'
import { VARIANTS } from './variants.mjs'

const [name, amount] = process.argv.slice(2)

// The first half warms up, so that code and caches made once are not attributed to a circuit.
const timers = countTimers(() => makeCircuits())
const before = usedHeap()
const kept = makeCircuits()
process.send?.({ bytes: (usedHeap() - before) / kept.length, timers })

function makeCircuits() {
  return Array.from({ length: Number(amount) }, () => VARIANTS[name](axios.create()))
}

/**
 * Includes timers that do not keep the process alive, because they still wake it.
 *
 * @param {() => unknown} make
 */
function countTimers(make) {
  const running = new Set()
  const hook = createHook({
    init: (id, type) => type === 'Timeout' && running.add(id),
    destroy: (id) => running.delete(id),
  }).enable()
  make()
  hook.disable()
  return running.size
}

function usedHeap() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
