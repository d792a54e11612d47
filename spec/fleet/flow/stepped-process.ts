/** A process that shares one circuit. The spec decides when answers, timers and requests come. */
import { ok } from 'node:assert/strict'
import { LocalCircuit } from '../../../lib/circuit/local-circuit.js'
import type { Outcome, Permit, Rules } from '../../../lib/circuit/types.js'
import type { Ask, Effect } from '../../../lib/fleet/flow/effect.js'
import type { Input } from '../../../lib/fleet/flow/input.js'
import { isLeased, mayCount } from '../../../lib/fleet/flow/leases.js'
import { begin, type Settings, type State } from '../../../lib/fleet/flow/state.js'
import { step } from '../../../lib/fleet/flow/step.js'
import { isClosed, isHeld } from '../../../lib/fleet/flow/view.js'
import { ProvenWindow } from '../../../lib/fleet/proven-window.js'
import type { Evidence, WindowEvidence } from '../../../lib/storage/contract.js'
import { proofLife } from '../../../lib/storage/limits.js'

interface InFlight {
  readonly permit: Permit
  readonly token: string | undefined
  /** When it was sent, or when its permit was asked for. */
  readonly at: number
  /** Whether it was counted as slow. */
  isSlow?: boolean
  /** Whether the circuit has closed since: it is no probe any more. */
  isOrdinary?: boolean
}

interface Timer {
  readonly input: Input
  readonly dueAt: number
}

export interface SteppedOptions {
  readonly name: string
  readonly rules: Rules
  readonly settings: Settings
  readonly now: () => number
  readonly ask: (asked: Ask) => void
  /** Called when it has sent a probe. */
  readonly onProbe?: (isLeased: boolean) => void
}

export class SteppedProcess {
  readonly name: string
  state: State
  readonly local: LocalCircuit
  /** The input that each timer brings when it fires, and when it is due. */
  readonly timers = new Map<string, Timer>()
  /** Requests that wait for their permit. */
  readonly waiting = new Set<string>()
  inFlight: readonly InFlight[] = []
  failures = 0
  /** Whether the storage has lost what it knew, so that its versions may be older ones. */
  hasForgetfulStorage = false
  reports = 0
  /** It does not run: messages wait in its socket, and no timer fires. */
  isFrozen = false
  readonly #options: SteppedOptions
  #tokens = 0
  /** Polls that were answered. */
  readonly #answered = new Set<number>()
  /** What was told in each poll. */
  readonly #told = new Map<number, { readonly requests: number; readonly failures: number }>()
  readonly #window: ProvenWindow
  /** Results of this epoch that are no fault of this process's own. */
  #proven = 0
  /** All of them, whatever happened since. */
  #counted = 0
  /** Failures in a row that counted, of whatever epoch. */
  #streak = 0
  /** The token of the probe that has moved the circuit, and its epoch, until the storage knows. */
  #decision: { readonly token: string; readonly epoch: number } | undefined

  constructor(options: SteppedOptions) {
    this.#options = options
    this.name = options.name
    this.local = new LocalCircuit(options.rules, options.now)
    this.state = begin(options.settings, true, true)
    this.#window = new ProvenWindow(this.local, options.rules)
  }

  take(given: Input): void {
    const before = this.state
    const now = this.#options.now()
    const { on } = given
    const isDue = on === 'freshDue' || on === 'answerDue' || on === 'hurried'
    const input = isDue ? { ...given, window: this.#window.at(now) } : given
    this.#conclude(input)
    const [state, effects] = step(before, input, now)
    this.state = state
    ok(
      state.view.snapshot.version >= before.view.snapshot.version || this.hasForgetfulStorage,
      'an older snapshot took the place of a newer one',
    )
    for (const effect of effects) this.#perform(effect)
    const isOver = isClosed(this.state) && this.local.decidedState === 'closed'
    if (isOver && !this.state.probes.decision) this.closeAll()
  }

  /** The circuit has closed: those in flight are ordinary requests. */
  closeAll(): void {
    for (const one of this.inFlight) one.isOrdinary = true
  }

  /** Probes in flight that hold permits, those that have taken longer than a probe may left out. */
  get probing(): number {
    const since = this.#options.now() - this.#options.rules.probeTimeout
    return this.inFlight.filter(
      ({ permit, at, isOrdinary }) => permit.probe && !isOrdinary && at > since,
    ).length
  }

  /** A request comes. */
  admit(): void {
    const now = this.#options.now()
    if (isClosed(this.state)) return this.#admitLocally()
    if (this.local.refusalAt(now)) return
    if (this.state.isAlone) return this.#admitLocally()
    if (isHeld(this.state, now) || !this.local.hasFreePermitAt(now)) return
    const token = this.#newToken()
    this.waiting.add(token)
    this.take({ on: 'wanted', token })
  }

  /** A request ends. */
  end(which: number, outcome: Outcome): void {
    const ended = this.inFlight[which % Math.max(1, this.inFlight.length)]
    if (!ended) return
    this.inFlight = this.inFlight.filter((one) => one !== ended)
    if (ended.isSlow) return this.#finish(ended, 'ignored')
    if (outcome === 'failure') this.failures += 1
    this.#finish(ended, outcome)
  }

  /** A probe has been in flight for too long. */
  slow(which: number): void {
    const probes = this.inFlight.filter(({ permit, isSlow }) => permit.probe && !isSlow)
    const probe = probes[which % Math.max(1, probes.length)]
    if (!probe) return
    probe.isSlow = true
    this.failures += 1
    const { permit, token } = probe
    if (token === undefined || !isLeased(this.state, token))
      return this.#record(permit, 'failure', () => this.local.recordSlow(permit))
    const may = mayCount(this.state, token, this.#options.now())
    const counted = may && this.local.recordSlow(permit)
    const local = this.local.decidedState
    this.take({ on: 'settled', token, outcome: 'failure', isInFlight: true, counted, local })
  }

  #finish({ permit, token }: InFlight, outcome: Outcome): void {
    if (token !== undefined && isLeased(this.state, token)) {
      return this.#settle(permit, token, outcome)
    }
    this.#record(permit, outcome)
    if (token === undefined) return
    const local = this.local.decidedState
    this.take({ on: 'settled', token, outcome: 'ignored', counted: false, local })
  }

  /** One of the timers that run fires. */
  fire(which: number): void {
    const [timer, due] = [...this.timers][which % Math.max(1, this.timers.size)] ?? []
    if (timer === undefined || !due) return
    this.timers.delete(timer)
    this.take(due.input)
  }

  /** The timer that is due next, and when. */
  get next(): { readonly which: number; readonly dueAt: number } | undefined {
    const all = [...this.timers.values()].map(({ dueAt }, which) => ({ which, dueAt }))
    return all.toSorted((one, other) => one.dueAt - other.dueAt)[0]
  }

  #record(
    permit: Permit,
    outcome: Outcome,
    count = () => this.local.record(permit, outcome),
  ): void {
    this.#window.note(permit, outcome, this.#options.now)
    if (!count()) return
    const { grantedAt } = permit
    // A request that was under way in a gap is no evidence, whether it succeeded or failed.
    const isEvidence = grantedAt >= this.state.trustedSince && outcome !== 'ignored'
    if (isEvidence) this.#streak = outcome === 'failure' ? this.#streak + 1 : 0
    if (isEvidence) {
      this.#proven += 1
      this.#counted += 1
    }
    const window = this.#window.at(this.#options.now())
    this.take({ on: 'ended', outcome, grantedAt, local: this.local.decidedState, window })
  }

  #settle(permit: Permit, token: string, outcome: Outcome): void {
    const may = mayCount(this.state, token, this.#options.now())
    const counted = this.local.record(permit, may ? outcome : 'ignored') && may
    const { isAlone, view } = this.state
    const isDecision = counted && !isAlone && this.local.decidedState !== 'half-opened'
    if (isDecision) this.#decision = { token, epoch: view.snapshot.epoch }
    this.take({ on: 'settled', token, outcome, counted, local: this.local.decidedState })
  }

  #conclude(input: Input): void {
    const isEnd = input.on === 'answered' || input.on === 'unanswered'
    const token = isEnd && input.to.op === 'settle' ? input.to.token : undefined
    if (input.on === 'lost' || token === this.#decision?.token) this.#decision = undefined
  }

  #admitLocally(): void {
    const admission = this.local.admit()
    const token = admission.admitted && admission.probe ? this.#newToken() : undefined
    this.take({ on: 'admitted', local: this.local.decidedState, own: token })
    if (admission.admitted) this.#send(admission, token)
  }

  #send(permit: Permit, token: string | undefined, at = this.#options.now()): void {
    this.inFlight = [...this.inFlight, { permit, token, at }]
    if (token !== undefined) this.#options.onProbe?.(isLeased(this.state, token))
  }

  #newToken(): string {
    this.#tokens += 1
    return `${this.name}:${this.#tokens}`
  }

  #perform(effect: Effect): void {
    if (effect.do === 'ask') this.#ask(effect)
    else if (effect.do === 'admit') this.#admit(effect.token, effect.leasedAt)
    else if (effect.do === 'refuse') ok(this.waiting.delete(effect.token), 'refused twice')
    else if (effect.do === 'start') this.#start(effect)
    else if (effect.do === 'stop') this.timers.delete(effect.timer)
    else if (effect.do === 'renewPermit') this.#distrust(effect.since)
    else if (effect.do === 'move') this.#move(effect)
  }

  #start({ timer, input, seconds }: Extract<Effect, { do: 'start' }>): void {
    this.timers.set(timer, { input, dueAt: this.#options.now() + seconds })
  }

  #distrust(since: number): void {
    this.local.renewPermit(since)
    this.#window.distrust(since)
    this.#proven = 0
  }

  #move({ to, since, facts }: Extract<Effect, { do: 'move' }>): void {
    ok(since <= this.#options.now(), 'it opened in the future')
    ok(this.state.view.snapshot.epoch !== this.#decision?.epoch, 'went back on its own decision')
    if (to === 'opened') this.local.open(since, facts)
    else if (to === 'closed') this.local.close()
    else this.local.halfOpen(facts)
  }

  #admit(token: string, leasedAt: number | undefined): void {
    ok(this.waiting.delete(token), 'admitted twice')
    const admission = this.local.admit()
    const isTaken = admission.admitted && admission.probe
    const local = this.local.decidedState
    const lease = leasedAt !== undefined && { token, grantedAt: leasedAt, isTaken }
    const own = isTaken ? token : undefined
    this.take({ on: 'admitted', local, ...(lease ? { lease } : { own }) })
    if (admission.admitted) this.#send(admission, own, leasedAt)
  }

  #ask(asked: Ask): void {
    if (asked.command.op === 'report') this.#checkReport(asked.command.evidence)
    this.#options.ask(asked)
  }

  #checkReport({ failures, age, window }: Evidence): void {
    ok(!this.state.isAlone, 'reported while alone')
    ok(this.state.probes.settling === 0, 'reported before the end of a probe is known')
    if (window) this.#checkWindow(window)
    if (failures === undefined) return
    ok(failures <= this.#streak, 'reported failures that a success has ended')
    ok(age <= proofLife(this.state.settings.ttl), 'reported what is too old')
    if (failures > 0) this.reports += 1
  }

  #checkWindow(window: WindowEvidence): void {
    const { requests, failures, fresh, poll } = window
    const isAmended = poll > 0 && fresh > 0
    ok(isAmended || failures <= requests, 'more failures than requests')
    ok(Math.min(requests, failures, fresh) >= 0, 'less than nothing')
    const isAnswer = poll > 0 && fresh === 0
    ok(!isAnswer || !this.#answered.has(poll), 'answered a poll twice')
    if (isAnswer) this.#answered.add(poll)
    ok(requests <= this.#proven, 'reported what may be its own fault')
    if (poll > 0) this.#checkSum(window)
  }

  /** An opening may add to an answer, and so may each of its probes that fails, but no result counts twice. */
  #checkSum({ requests, failures, poll }: WindowEvidence): void {
    const before = this.#told.get(poll) ?? { requests: 0, failures: 0 }
    const sum = { requests: before.requests + requests, failures: before.failures + failures }
    this.#told.set(poll, sum)
    ok(sum.failures <= sum.requests, 'told of more failures than requests in one poll')
    ok(sum.requests <= this.#counted, 'told of results twice in one poll')
  }
}
