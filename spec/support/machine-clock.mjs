/** Seconds of the machine's monotonic clock, the same for all processes. */
export const clock = () => Number(process.hrtime.bigint() / 1000n) / 1e6
