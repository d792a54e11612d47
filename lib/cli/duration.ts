/** Spans of time, as people write them: `90s`, `5m`, `1h30m`, `2d`. */

const SECONDS = { d: 86_400, h: 3600, m: 60, s: 1 } as const
const UNITS = Object.entries(SECONDS)
/** Each unit at most once, the greatest first, so that a slip of the hand is not read as another span. */
const SPAN = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/

/** What `--for` takes, in words. */
export const EXPECTED_SPAN = 'a time such as 90s, 5m, 1h30m or 2d'

/** @returns seconds; undefined if the text is no span */
export function secondsIn(text: string): number | undefined {
  const found = text === '' ? null : SPAN.exec(text)
  if (!found) return undefined
  const counts = found.slice(1).map((digits: string | undefined) => Number(digits ?? 0))
  return UNITS.reduce((sum, [, seconds], index) => sum + seconds * (counts[index] ?? 0), 0)
}

/** Writes the two greatest units of a span, rounded down; `0s` if it is shorter than a second. */
export function spanText(seconds: number): string {
  let rest = Math.floor(Math.max(0, seconds))
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return { unit, count }
  })
  const first = parts.findIndex(({ count }) => count > 0)
  if (first === -1) return '0s'
  const shown = parts.slice(first, first + 2).filter(({ count }) => count > 0)
  return shown.map(({ unit, count }) => `${count}${unit}`).join('')
}
