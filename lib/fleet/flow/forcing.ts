/**
 * The list of forced circuits as one flow: each input turns a state into the next state and the requested
 * effects. It waits for nothing, and reads no clock.
 *
 * All processes of a fleet together read the list about once per `refresh`: a routine read is announced, and
 * each process that learns that nothing has changed puts off its own.
 */
import type { StandingForce } from '../../circuit/force.js'
import type { ForceList, LiftedForce, ListedForce } from '../../storage/forces.js'
import { mergedForces, type MergedForces } from './newer-forces.js'
import { FAR_FUTURE } from '../../storage/limits.js'

const MICROSECONDS = 1e6
/** Seconds for each read that messages cause, on average: a flood of them costs no more. */
const HINT_PAUSE = 1
/** Reads that messages may cause at once after a quiet time: an operator may force several circuits in a row. */
const HINT_BURST = 5
/** Refreshes for which messages may put off a read. No message can hold back the truth for longer. */
const LONGEST_DELAY = 60
/** Seconds by which the ends of one force may differ in two answers, in addition to the time that these took. */
const TOLERANCE = 0.1

interface Standing extends StandingForce {
  readonly version: number
}

export interface ForcesState {
  readonly refresh: number
  readonly version: number
  readonly floor: number
  readonly standing: ReadonlyMap<string, Standing>
  readonly lifted: readonly LiftedForce[]
  /** Grows with each answer that taught the process something new. */
  readonly learned: number
  readonly readAt: number
  /** Until when the reads that messages have caused would last with a pause after each. */
  readonly hintsUntil: number
}

export type ForcesInput =
  /** The process may use the storage from now on. */
  | { readonly on: 'started' }
  /** The storage answered with the list. `at` and `learned` are the time and the state of the question. */
  | {
      readonly on: 'answered'
      readonly list: ForceList
      readonly at: number
      readonly learned: number
    }
  /** A message has come: somebody has seen this version. */
  | { readonly on: 'received'; readonly version: number }
  /** The list was not read for a while. */
  | { readonly on: 'due' }
  /** A message that came too soon after another one has waited long enough. */
  | { readonly on: 'hintDue' }

export type ForcesEffect =
  | { readonly do: 'read'; readonly isRoutine: boolean }
  /** Feeds `input` in after so many seconds, in place of the timer of this input that runs already. */
  | { readonly do: 'start'; readonly input: TimedInput; readonly seconds: number }
  /** Feeds `input` in after so many seconds, unless its timer runs already. */
  | { readonly do: 'await'; readonly input: TimedInput; readonly seconds: number }
  /** The timer of this input has nothing to wait for any more. */
  | { readonly do: 'stop'; readonly input: TimedInput }
  /** The force on this circuit has changed. */
  | { readonly do: 'report'; readonly circuit: string }

const READ: ForcesEffect = { do: 'read', isRoutine: false }
const STOP_HINT: ForcesEffect = { do: 'stop', input: 'hintDue' }

export type TimedInput = 'due' | 'hintDue'
export type ForcesChange = readonly [ForcesState, readonly ForcesEffect[]]

export function beginForces(refresh: number): ForcesState {
  return {
    refresh,
    version: 0,
    floor: 0,
    standing: new Map(),
    lifted: [],
    learned: 0,
    readAt: -Infinity,
    hintsUntil: -Infinity,
  }
}

/** @param now monotonic seconds */
export function stepForces(state: ForcesState, input: ForcesInput, now: number): ForcesChange {
  if (input.on === 'answered') return answered(state, input, now)
  if (input.on === 'received') return received(state, input.version, now)
  if (input.on === 'hintDue') return readForHint(state, now)
  const later = waitFor(state.refresh)
  return [state, input.on === 'due' ? [{ do: 'read', isRoutine: true }, later] : [later]]
}

/** What the process knows, for a question. Forces that have ended by its own clock count as lifted. */
export function knownForces(state: ForcesState, now: number): ForceList {
  const { version, floor, standing } = state
  const forces: ListedForce[] = []
  const lifted = [...state.lifted]
  for (const [circuit, { version: since, state: forced, by, reason, until }] of standing) {
    const endsIn = until === Infinity ? undefined : until - now
    if (endsIn !== undefined && endsIn <= 0) lifted.push({ circuit, version: since })
    else forces.push({ circuit, version: since, state: forced, by, reason, endsIn })
  }
  return { version, floor, forces, lifted }
}

function received(state: ForcesState, version: number, now: number): ForcesChange {
  const { refresh, readAt, hintsUntil } = state
  if (version === state.version) {
    const latest = readAt + LONGEST_DELAY * refresh - now
    return [state, [waitFor(Math.max(0, Math.min(refresh, latest)))]]
  }
  const wait = hintsUntil - (HINT_BURST - 1) * HINT_PAUSE - now
  if (wait > 0) return [state, [{ do: 'await', input: 'hintDue', seconds: wait }]]
  return readForHint(state, now)
}

function readForHint(state: ForcesState, now: number): ForcesChange {
  // The clock of a test may stand still: no message waits for longer than one pause.
  const latest = now + HINT_BURST * HINT_PAUSE
  const hintsUntil = Math.min(latest, Math.max(state.hintsUntil, now) + HINT_PAUSE)
  return [{ ...state, hintsUntil }, [READ, STOP_HINT]]
}

type Answered = Extract<ForcesInput, { on: 'answered' }>

function answered(state: ForcesState, input: Answered, now: number): ForcesChange {
  const { list, isNews } = believed(state, input, now)
  const [next, changed] = adopt({ ...state, readAt: now }, list, input.at, now)
  const reports = changed.map((circuit) => ({ do: 'report' as const, circuit }))
  return [next, [...reports, ...(isNews ? [READ] : []), waitFor(state.refresh)]]
}

/** If the process has learned nothing since it asked, the answer is complete, and nothing is merged into it. */
function believed(state: ForcesState, { list, learned }: Answered, now: number): MergedForces {
  const isWhole = learned === state.learned || isGarbage(state.version, list.version)
  return isWhole ? { list, isNews: false } : mergedForces(knownForces(state, now), list)
}

/** A known version far ahead of the storage's is garbage: the answer replaces it. */
function isGarbage(known: number, version: number): boolean {
  return version > 0 && known - version > FAR_FUTURE * MICROSECONDS
}

/** @returns also the names of the circuits whose force has changed */
function adopt(
  state: ForcesState,
  { version, floor, lifted, forces }: ForceList,
  at: number,
  now: number,
): readonly [ForcesState, readonly string[]] {
  const standing = new Map(
    forces.map((force) => [
      force.circuit,
      standingOf(force, state.standing.get(force.circuit), at, now),
    ]),
  )
  const circuits = new Set([...state.standing.keys(), ...standing.keys()])
  const changed = [...circuits].filter((name) => standing.get(name) !== state.standing.get(name))
  const isNews = version !== state.version || changed.length > 0
  const learned = isNews ? state.learned + 1 : state.learned
  return [{ ...state, version, floor, lifted, standing, learned }, changed]
}

/** The end moves only if the storage's clock was set: otherwise each answer would seem to change the force. */
function standingOf(
  { version, state, by, reason, endsIn = Infinity }: ListedForce,
  before: Standing | undefined,
  at: number,
  now: number,
): Standing {
  const isSame =
    before?.version === version &&
    before.state === state &&
    before.until >= at + endsIn - TOLERANCE &&
    before.until <= now + endsIn + TOLERANCE
  return isSame ? before : { version, state, by, reason, until: at + endsIn }
}

function waitFor(seconds: number): ForcesEffect {
  return { do: 'start', input: 'due', seconds }
}
