/** Renders the summary at the top, which screen readers read out when it changes. */
import type { CircuitState } from '../circuit/types.js'
import { FORCED_STATES } from '../observe/observed.js'
import { FORCED_WORDS } from './forced.js'
import { markup, visible, type Html } from './html.js'
import { inWords, time } from './time.js'
import type { Tracked } from './tracked.js'
import type { StorageStatus } from './watch.js'

const NAME_LENGTH = 40
const NAMES = 5
const REASON_LENGTH = 200
const CONSEQUENCE = 'Circuits use only the results of this process.'
const URLS = /[a-z][a-z\d+.-]*:\/\/\S*/gi

export function summary(circuits: readonly Tracked[]): Html {
  if (circuits.length === 0) return markup`No circuits yet`
  return markup`${states(circuits)}${forces(circuits)}`
}

function states(circuits: readonly Tracked[]): Html {
  const inState = byState(circuits)
  const closed = inState('closed').length
  if (closed === circuits.length) {
    return circuits.length === 1
      ? markup`The circuit is closed`
      : markup`All ${circuits.length} circuits are closed`
  }
  const open = (['opened', 'half-opened'] as const).filter((state) => inState(state).length > 0)
  const parts = open.map((state) => markup`${named(inState(state), state)} · `)
  return markup`${parts}${closed} closed`
}

function forces(circuits: readonly Tracked[]): Html {
  const parts = FORCED_STATES.map((state) => {
    const forced = circuits.filter(({ circuit }) => circuit.forced?.state === state)
    return forced.length > 0 ? markup` · ${named(forced, FORCED_WORDS[state])}` : markup``
  })
  return markup`${parts}`
}

/** Renders the document's title, which has no markup. */
export function title(circuits: readonly Tracked[], text: string): string {
  const opened = circuits.filter(({ circuit }) => circuit.state !== 'closed').length
  return opened === 0 ? text : `(${opened}) ${text}`
}

/** Reads each state once: it reads the clock, and there may be thousands of circuits. */
function byState(circuits: readonly Tracked[]): (state: CircuitState) => readonly Tracked[] {
  const groups: Record<CircuitState, Tracked[]> = { closed: [], opened: [], 'half-opened': [] }
  for (const tracked of circuits) groups[tracked.circuit.state].push(tracked)
  return (state) => groups[state]
}

function named(circuits: readonly Tracked[], state: string): Html {
  const names = circuits.slice(0, NAMES).map(({ circuit }, index) => {
    return markup`${index > 0 ? ', ' : ''}<bdi>${visible(circuit.name, NAME_LENGTH)}</bdi>`
  })
  const more = circuits.length > NAMES ? ', …' : ''
  return markup`<strong>${circuits.length} ${state}</strong> ${names}${more}`
}

/** Renders the status of the storage; nothing if there is none. */
export function storage(status: StorageStatus | undefined): Html {
  if (!status) return markup``
  const { isUp, at, lostFor } = status
  if (!isUp) {
    const since = at ? markup` since ${time(at)}` : markup``
    return markup`<span class="lost">Storage lost</span>${since}${reasonText(status)}. ${CONSEQUENCE}`
  }
  if (lostFor === undefined || !at) return markup`<span class="up">Storage up</span>`
  const interval = markup`since ${time(at)}, after ${inWords(lostFor)} without it`
  return markup`<span class="up">Storage up</span> ${interval}`
}

/** Removes URLs: the error of a client may name its URL, which may hold a password. */
export function withoutUrls(reason: string): string {
  return reason.slice(0, REASON_LENGTH * 2).replace(URLS, '…')
}

function reasonText({ reason }: StorageStatus): Html {
  return reason === undefined
    ? markup``
    : markup`: <bdi>${visible(withoutUrls(reason), REASON_LENGTH)}</bdi>`
}
