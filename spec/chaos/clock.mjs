/** Seconds of the machine's monotonic clock, which all processes share. */
export const clock = () => Number(process.hrtime.bigint() / 1000n) / 1e6

/** Between two looks, in milliseconds. */
const PERIOD = 20
/** Seconds. What is shorter happens on every machine that has something to do. */
const SHORTEST_STALL = 0.1

/**
 * Tells of each span in which this process did not run: frozen, busy, or kept waiting by the machine.
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
