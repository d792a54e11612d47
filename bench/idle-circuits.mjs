/** Makes circuits, of one variant, that nobody uses, and tells the parent process what they take. */
import { createHook } from 'node:async_hooks'
import axios from 'axios'
import { VARIANTS } from './variants.mjs'

const [name, amount] = process.argv.slice(2)

// The first half also warms up: what is compiled and cached once is not counted as a circuit's.
const timers = countTimers(() => makeCircuits())
const before = usedHeap()
const kept = makeCircuits()
process.send?.({ bytes: (usedHeap() - before) / kept.length, timers })

function makeCircuits() {
  return Array.from({ length: Number(amount) }, () => VARIANTS[name](axios.create()))
}

/** With those that do not keep the process alive: they wake it all the same. */
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
