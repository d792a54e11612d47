/**
 * Makes circuits of one variant, sends a request through each, and sends the parent process what they take.
 * A circuit that counts requests has its window from the first one on.
 */
import axios from 'axios'
import { answer, UP } from './service.mjs'
import { VARIANTS } from './variants.mjs'

const [name, amount] = process.argv.slice(2)

// The first half also warms up: what is compiled and cached once is not counted as a circuit's.
const warm = await useCircuits()
const before = usedHeap()
const kept = await useCircuits()
process.send?.({ bytes: (usedHeap() - before) / kept.length, warm: warm.length })

async function useCircuits() {
  const used = []
  for (let count = 0; count < Number(amount); count += 1) {
    const get = VARIANTS[name](axios.create({ adapter: answer }))
    await get(UP)
    used.push(get)
  }
  return used
}

function usedHeap() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
