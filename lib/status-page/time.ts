/** Renders moments and spans of time. */
import { markup, type Html } from './html.js'

const SECONDS_PER_MINUTE = 60
/** Milliseconds from now, either way, for which the time of day says enough. */
const SAME_DAY = 43_200_000

export function inWords(seconds: number): string {
  const whole = Math.ceil(seconds)
  const minutes = Math.floor(whole / SECONDS_PER_MINUTE)
  return minutes < 2 ? `${whole} s` : `${minutes} min ${whole % SECONDS_PER_MINUTE} s`
}

/** Shows the time of day, by the server's clock: all times on the page use the same one. */
export function time(at: Date): Html {
  const iso = at.toISOString()
  const day = Math.abs(at.getTime() - Date.now()) > SAME_DAY ? `${iso.slice(0, 10)} ` : ''
  return markup`<time datetime="${iso}">${day}${iso.slice(11, 19)} UTC</time>`
}
