/** Seconds as they are shown: in whole milliseconds, which is what timers count in. */

const MS_PER_SECOND = 1000
/** Of a number that floating point made a hair too great, the hair. In milliseconds. */
const HAIR = 1e-6

/** In seconds. */
export const MILLISECOND = 1 / MS_PER_SECOND

/** Rounded up: timers cut fractions off, and whoever came back before the end would be refused again. */
export function wholeMilliseconds(seconds: number): number {
  return Math.max(0, Math.ceil(seconds * MS_PER_SECOND - HAIR)) / MS_PER_SECOND
}
