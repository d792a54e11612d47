import { clock } from '../support/machine-clock.mjs'

/** Milliseconds between two readings of the clock. */
const PERIOD = 20
/** Seconds. Shorter stalls happen on every busy machine. */
const SHORTEST_STALL = 0.1

/**
 * Reports each span in which this process did not run: frozen, busy, or kept waiting by the machine.
 *
 * @param {(stall: { from: number, to: number }) => void} onStall
 */
export function watchStalls(onStall) {
  let last = clock()
  const look = () => {
    const now = clock()
    if (now - last - PERIOD / 1000 > SHORTEST_STALL) onStall({ from: last, to: now })
    last = now
  }
  setInterval(look, PERIOD).unref()
  return look
}
