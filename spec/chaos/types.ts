/** What the logs of a run say, and what the judge reads. Times are seconds of the machine's clock. */
import type { CircuitEvents, CircuitState, Outcome } from '../../lib/index.js'
import type { Evidence } from './evidence.mjs'
import type { Troubles } from './troubles.mjs'

export interface Span {
  readonly from: number
  readonly to: number
}

/** How the upstream answers. */
export type Mode = 'ok' | 'error' | 'hang' | 'reset' | 'refused'

export interface Rules {
  readonly quorum: number
  readonly threshold: number
  readonly ttl: number
  readonly lease: number
  readonly timeout: number
  /** Seconds within which a process must exit by itself. */
  readonly exit: { readonly closed: number; readonly left: number }
}

type Line<Kind extends string, Fields = unknown> = { readonly t: number; readonly k: Kind } & Fields

export type Fault = Line<
  'fault',
  {
    readonly id: string
    readonly kind: string
    readonly target: string
    readonly mode?: Mode | undefined
  }
>
export type Health = Line<'health', { readonly target: string; readonly mode: Mode }>
export type Exit = Line<
  'exit',
  { readonly name: string; readonly code: number | null; readonly signal: string | null }
>
export type AskedToEnd = Line<'asked to end', { readonly name: string; readonly closes: boolean }>
export type Printed = Line<'printed', { readonly name: string; readonly text: string }>
export type Spawn = Line<
  'spawn',
  { readonly name: string; readonly isThick: boolean; readonly pid?: number | undefined }
>

/** What the run logs. */
export type DriverRecord =
  | Line<'start', Rules>
  | Line<'over'>
  | Spawn
  | Exit
  | AskedToEnd
  | Printed
  | Fault
  | Line<'healed', { readonly id: string }>
  | Health
  | Line<'stall', Span>
  | Line<'slow redis', Span>
  | Line<'hash', { readonly state?: string | undefined; readonly asked?: number }>
  | Line<'part', { readonly kind: string }>
  | Line<'check', { readonly names: readonly string[] }>
  | Line<'arrival', { readonly slot: string; readonly mode: Mode }>

/** Whether the storage was up. */
interface Up {
  readonly u: boolean | undefined
}

/** What a process logs. Its requests have numbers. */
export type WorkerRecord =
  | Line<'born'>
  | Line<'uninitialized', { readonly reason: string }>
  | Line<'start', Up & { readonly id: number }>
  | Line<'sent', Up & { readonly id: number; readonly s: CircuitState }>
  | Line<'attempt', { readonly id?: number; readonly probe: boolean; readonly o: Outcome }>
  | Line<'end', { readonly id: number } & Ending>
  | Line<'move', Pick<CircuitEvents['stateChanged'], 'from' | 'to'> & { readonly by?: string }>
  | Line<'lost', { readonly reason?: string }>
  | Line<'restored', { readonly lostFor?: number }>
  | Line<'asked'>
  | Line<'stall', Span>
  | Line<'state', Up & { readonly s: CircuitState }>
  | Line<'ended', { readonly closes?: boolean }>

/** How a request ended: the state that refused it, or the code of its error. */
export interface Ending {
  readonly o: 'ok' | 'failed' | 'refused' | 'other'
  readonly s?: CircuitState
  readonly c?: string
}

type Unstamped<Entry> = Entry extends unknown ? Omit<Entry, 't'> : never

/** Writes a record with the time. */
export type Log<Entry> = (record: Unstamped<Entry>) => void

export interface Request {
  readonly id: number
  readonly start: number
  readonly up: boolean | undefined
  sent?: number
  /** The state of the circuit when it was sent. */
  state?: CircuitState
  upWhenSent?: boolean | undefined
  /** When the circuit counted it. */
  counted?: number
  outcome?: Outcome
  isProbe?: boolean
  end?: number
  ended?: Ending['o']
  code?: string | undefined
  refused?: CircuitState | undefined
}

/** What a circuit counted. */
export interface Counted {
  readonly t: number
  readonly sent: number
  readonly isFailure: boolean
  readonly isProbe: boolean
  readonly up: boolean
}

export interface Probe extends Span {
  readonly up: boolean
  readonly outcome: Outcome | undefined
}

export interface Process {
  readonly name: string
  readonly slot: string
  /** Whether it sends many requests. */
  readonly isThick: boolean
  readonly bornAt: number
  readonly endedAt: number
  readonly exit: Exit | undefined
  readonly asked: AskedToEnd | undefined
  readonly records: readonly WorkerRecord[]
  readonly requests: readonly Request[]
  readonly outcomes: readonly Counted[]
  readonly probes: readonly Probe[]
  readonly losses: readonly Span[]
  readonly stalls: readonly Span[]
  readonly printed: readonly Printed[]
}

export interface Journal {
  readonly startedAt: number
  readonly overAt: number
  readonly rules: Rules
  readonly processes: readonly Process[]
  readonly faults: readonly (Fault & Span)[]
  /** The spans in which the upstream failed, and for whom. */
  readonly health: readonly (Health & Span)[]
  readonly stalls: readonly Span[]
  readonly slowRedis: readonly Span[]
  readonly hashes: readonly { readonly t: number; readonly state?: string | undefined }[]
  readonly parts: readonly { readonly t: number; readonly kind: string }[]
  readonly checks: readonly { readonly t: number; readonly names: readonly string[] }[]
  readonly arrivals: number
}

export interface Violation {
  readonly rule: string
  readonly at: number
  readonly process: string
  readonly text: string
}

export type Found = Omit<Violation, 'rule'>

export interface Verdict {
  readonly rule: string
  readonly title: string
  readonly checked: number
  readonly violations: readonly Violation[]
  /** False also if the rule had nothing to check, although the run had what it is about. */
  readonly hasPassed: boolean
}

/** One rule, and how often the run put it to the test. */
export type Check = (
  journal: Journal,
  seen: { readonly troubles: Troubles; readonly evidence: Evidence },
) => { readonly checked: number; readonly violations: readonly Found[] }

/** A fault of the plan, in seconds from the start. Two faults that use the same thing do not overlap. */
export interface PlannedFault {
  readonly kind: string
  readonly target: string
  readonly at: number
  readonly until: number
  readonly mode: Mode | undefined
  readonly uses: readonly string[]
}

/** A part of the run, in seconds from the start. */
export interface Part extends Span {
  readonly kind: string
  readonly faults: readonly PlannedFault[]
}
