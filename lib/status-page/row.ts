/** Renders a circuit as a row of the table. */
import { actionsOf } from './actions/button.js'
import { forceOf } from './forced.js'
import { markup, visible, type Html } from './html.js'
import { strip } from './strip.js'
import type { ObservedCircuit } from '../observe/observed.js'
import { inWords, time } from './time.js'
import type { Rate, Tracked } from './tracked.js'

const NAME_LENGTH = 120
/** The headings of the columns, after the circuit's name. */
const LABELS = ['State', 'Failures', 'Retry in', 'Last error', 'Recent requests']
/** What opened the circuit, in words. */
const CAUSES: Readonly<Record<string, string>> = {
  streak: 'failures in a row',
  rate: 'failure rate',
  probe: 'probe failed',
}
const NONE = markup`<span class="none">–</span>`

/** @param hasActions whether there is a last column with the actions */
export function labels(hasActions: boolean): readonly string[] {
  return hasActions ? [...LABELS, 'Actions'] : LABELS
}

export function row(tracked: Tracked, hasActions: boolean): Html {
  const { name, state } = tracked.circuit
  const names = labels(hasActions)
  const cells = [
    markup`<span class="state">${state}</span>${why(tracked)}`,
    failures(tracked),
    next(tracked),
    lastError(tracked),
    strip(tracked.recent.results),
    ...(hasActions ? [actionsOf(tracked)] : []),
  ].map((content, index) => cell(names[index] ?? '', content))
  const head = markup`<th role="rowheader" scope="row"><bdi>${visible(name, NAME_LENGTH)}</bdi></th>`
  return markup`<tr id="circuit-${tracked.id}" class="${state}" role="row">${head}${cells}</tr>`
}

/** Gives the cell its label, which narrow screens show beside it. */
function cell(label: string, content: Html): Html {
  return markup`<td role="cell" data-label="${label}">${content}</td>`
}

/** What the cell says beyond its value, if anything. */
function note(content: Html | undefined): Html {
  return content ? markup`<small>${content}</small>` : markup``
}

/** Who forces the circuit, or else what opened it. */
function why(tracked: Tracked): Html {
  const { cause, forced } = tracked.circuit
  if (forced) return markup`${forceOf(forced, tracked.forcedUntil).map(note)}`
  return note(cause && markup`${CAUSES[cause] ?? cause}`)
}

/** The failures in a row and those in the window. If the rate opened the circuit, shows the window alone. */
function failures({ circuit, rateAtOpening }: Tracked): Html {
  const { state, failureCount, failureRate, cause } = circuit
  const span = windowOf(circuit)
  if (cause === 'rate') return rateAtOpening ? markup`${share(rateAtOpening)}${note(span)}` : NONE
  if (!failureRate || state !== 'closed') return markup`${failureCount}`
  return markup`${failureCount}${note(share(failureRate))}${note(span)}`
}

/** How far back the rate looks. */
function windowOf({ window }: ObservedCircuit): Html | undefined {
  if (window === undefined) return undefined
  return typeof window === 'number'
    ? markup`last ${window} s`
    : markup`last ${window.requests} requests`
}

/** Rounded down, so that no rate looks as if it had reached a threshold that it has not. */
function share({ requests, failures: failed }: Rate): Html {
  if (requests === 0) return markup`no requests`
  const permille = Math.floor((failed * 1000) / requests)
  return markup`${failed} of ${requests} (${permille / 10}\u{A0}%)`
}

function next({ circuit: { round = 0 }, retryAfter, retryAt }: Tracked): Html {
  const moment = retryAt ? markup`at ${time(retryAt)}` : undefined
  const which = round > 0 ? markup`round ${round}` : undefined
  return markup`${retryIn(retryAfter)}${note(moment)}${note(which)}`
}

/** The page's script counts these seconds down. */
function retryIn(seconds: number): Html {
  if (seconds <= 0) return NONE
  return markup`<span data-retry="${seconds.toFixed(3)}">${inWords(seconds)}</span>`
}

function lastError({ lastError: error }: Tracked): Html {
  if (!error) return NONE
  const { slow, status, code } = error
  const what = [slow && 'slow', status, code].filter((part) => part !== undefined).join(' ')
  return markup`<code>${what || 'unknown'}</code> ${time(error.at)}`
}
