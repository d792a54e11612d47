/** Renders a circuit as a row of the table. */
import { markup, visible, type Html } from './html.js'
import { strip } from './strip.js'
import type { Rate, Tracked } from './tracked.js'

const NAME_LENGTH = 120
const SECONDS_PER_MINUTE = 60
/** The headings of the columns, after the circuit's name. */
export const LABELS = ['State', 'Failures', 'Retry in', 'Last error', 'Recent requests']
/** What opened the circuit, in words. */
const CAUSES: Readonly<Record<string, string>> = {
  streak: 'failures in a row',
  rate: 'failure rate',
  probe: 'probe failed',
}
const NONE = markup`<span class="none">–</span>`

export function row(tracked: Tracked): Html {
  const { name, state } = tracked.circuit
  const cells = [
    markup`<span class="state">${state}</span>${note(why(tracked))}`,
    failures(tracked),
    next(tracked),
    lastError(tracked),
    strip(tracked.recent.results),
  ].map((content, index) => cell(LABELS[index] ?? '', content))
  const head = markup`<th scope="row"><bdi>${visible(name, NAME_LENGTH)}</bdi></th>`
  return markup`<tr id="circuit-${tracked.id}" class="${state}">${head}${cells}</tr>`
}

/** Gives the cell its label, which narrow screens show beside it. */
function cell(label: string, content: Html): Html {
  return markup`<td data-label="${label}">${content}</td>`
}

/** What the cell says beyond its value, if anything. */
function note(content: Html | undefined): Html {
  return content ? markup`<small>${content}</small>` : markup``
}

function why({ circuit: { cause } }: Tracked): Html | undefined {
  return cause && markup`${CAUSES[cause] ?? cause}`
}

/** Those in a row, and those in the window of a rate. If the rate opened the circuit, it is what counts. */
function failures({ circuit, rateAtOpening }: Tracked): Html {
  const { state, failureCount, failureRate, cause } = circuit
  if (cause === 'rate') return rateAtOpening ? share(rateAtOpening) : NONE
  if (!failureRate || state !== 'closed') return markup`${failureCount}`
  return markup`${failureCount}${note(share(failureRate))}`
}

/** Rounded down, so that no rate looks as if it had reached a threshold that it has not. */
function share({ requests, failures: failed }: Rate): Html {
  if (requests === 0) return markup`no requests`
  const permille = Math.floor((failed * 1000) / requests)
  return markup`${failed} of ${requests} (${permille / 10}\u{A0}%)`
}

function next({ circuit: { retryAfter, round = 0 }, retryAt }: Tracked): Html {
  const moment = retryAt ? markup`at ${time(retryAt)}` : undefined
  const which = round > 0 ? markup`round ${round}` : undefined
  return markup`${retryIn(retryAfter)}${note(moment)}${note(which)}`
}

/** The page's script counts these seconds down. */
function retryIn(seconds: number): Html {
  if (seconds <= 0) return NONE
  return markup`<span data-retry="${seconds.toFixed(3)}">${inWords(seconds)}</span>`
}

export function inWords(seconds: number): string {
  const whole = Math.ceil(seconds)
  const minutes = Math.floor(whole / SECONDS_PER_MINUTE)
  return minutes < 2 ? `${whole} s` : `${minutes} min ${whole % SECONDS_PER_MINUTE} s`
}

function lastError({ lastError: error }: Tracked): Html {
  if (!error) return NONE
  const { slow, status, code } = error
  const what = [slow && 'slow', status, code].filter((part) => part !== undefined).join(' ')
  return markup`<code>${what || 'unknown'}</code> ${time(error.at)}`
}

/** Shows the time of day only, by the server's clock: all times on the page use the same one. */
export function time(at: Date): Html {
  const iso = at.toISOString()
  return markup`<time datetime="${iso}">${iso.slice(11, 19)} UTC</time>`
}
