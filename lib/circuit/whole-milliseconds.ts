/** Seconds as they are shown: in whole milliseconds, which is what timers count in. */

const MS_PER_SECOND = 1000
/** The rounding error of floating point, in milliseconds: a number may be too great by this. */
const HAIR = 1e-6

/** In seconds. */
export const MILLISECOND = 1 / MS_PER_SECOND

/** Rounded up: timers cut fractions off, and a caller that came back too early would be refused again. */
export function wholeMilliseconds(seconds: number): number {
  return Math.max(0, Math.ceil(seconds * MS_PER_SECOND - HAIR)) / MS_PER_SECOND
}
