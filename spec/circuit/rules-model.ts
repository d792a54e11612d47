/**
 * A model of all rules of a circuit, written independently, with which the spec compares the circuit. It keeps every
 * attempt and every move, and derives everything from them.
 */
import type { CircuitState, Outcome, Rules } from '../../lib/circuit/types.js'
import { RateModel } from './opening/rate-model.js'

interface Attempt {
  readonly id: number
  readonly at: number
  /** How many moves there were before it. */
  readonly epoch: number
  /** Whether it is counted. */
  isOver: boolean
  /** Whether it is no longer in flight. */
  hasEnded: boolean
  isReplaced: boolean
}

interface Move {
  readonly to: CircuitState
  readonly at: number
  /** Of an opening. */
  readonly round: number
  readonly lasts: number
}

interface Result {
  readonly epoch: number
  readonly at: number
  readonly isFailure: boolean
  readonly retryAfter: number
}

/** Times in seconds that are whole milliseconds. */
export class RulesModel {
  readonly moves: Move[] = []
  /** Failures that counted; true if slow. */
  readonly failures: boolean[] = []
  readonly #rules: Rules
  readonly #attempts: Attempt[] = []
  readonly #results: Result[] = []

  constructor(rules: Rules) {
    this.#rules = rules
  }

  stateAt(now: number): CircuitState {
    this.touch(now)
    return this.#state === 'opened' && this.#isDue(now) ? 'half-opened' : this.#state
  }

  retryAfter(now: number): number {
    this.touch(now)
    if (this.#state !== 'opened') return 0
    const { at, lasts } = this.#lastMove
    return Math.max(0, at + lasts - now)
  }

  /** Of the latest closed epoch: while the circuit is not closed, the count stays. */
  streak(): number {
    const closed = this.moves.findLastIndex(({ to }) => to === 'closed') + 1
    const results = this.#results.filter(({ epoch }) => epoch === closed)
    return results.length - 1 - results.findLastIndex(({ isFailure }) => !isFailure)
  }

  rate(now: number) {
    this.touch(now)
    return this.#rateAt(now)
  }

  #rateAt(now: number) {
    const { failureRate } = this.#rules
    if (!failureRate) return undefined
    const model = new RateModel(failureRate)
    const results = this.#state === 'closed' ? this.#ofThisEpoch : []
    for (const { isFailure, at } of results) model.count(isFailure, Math.round(at * 1000))
    return model.read(Math.round(now * 1000))
  }

  /** Counts what has become slow, the oldest first. */
  touch(now: number): void {
    const { slowAfter } = this.#rules
    if (!slowAfter) return
    for (const attempt of this.#attempts) {
      if (!attempt.isOver && now - attempt.at > slowAfter)
        this.#finish(attempt, 'failure', now, 0, true)
    }
  }

  admit(id: number, now: number): boolean {
    this.touch(now)
    const isDue = this.#state === 'opened' && this.#isDue(now)
    if (this.#state === 'opened' && !isDue) return false
    if (this.#state !== 'closed' && !this.#hasFreePermit(now)) return false
    if (isDue) this.#move('half-opened', now)
    const epoch = this.moves.length
    this.#attempts.push({ id, at: now, epoch, isOver: false, hasEnded: false, isReplaced: false })
    return true
  }

  end(id: number, outcome: Outcome, now: number, retryAfter: number): void {
    const { slowAfter } = this.#rules
    const attempt = this.#attempts.find((one) => one.id === id)
    if (attempt) attempt.hasEnded = true
    // Its own end is the last that is to be looked at: those that began before it are slow before it.
    if (attempt && !attempt.isOver) {
      const isSlow = Boolean(slowAfter) && now - attempt.at > Number(slowAfter)
      attempt.isOver = isSlow || attempt.isOver
      this.touch(now)
      attempt.isOver = false
      this.#finish(attempt, isSlow ? 'failure' : outcome, now, retryAfter, isSlow)
    } else this.touch(now)
  }

  /** A result that came with no request. */
  report(outcome: Outcome, now: number): void {
    this.touch(now)
    if (this.#state === 'closed') this.#count(outcome === 'failure', now, 0, false)
  }

  #finish(
    attempt: Attempt,
    outcome: Outcome,
    now: number,
    retryAfter: number,
    isSlow: boolean,
  ): void {
    attempt.isOver = true
    if (attempt.epoch !== this.moves.length || attempt.isReplaced) return
    if (outcome === 'ignored') return
    this.#count(outcome === 'failure', now, retryAfter, isSlow)
  }

  #count(isFailure: boolean, now: number, retryAfter: number, isSlow: boolean): void {
    this.#results.push({ epoch: this.moves.length, at: now, isFailure, retryAfter })
    if (isFailure) this.failures.push(isSlow)
    if (this.#state === 'half-opened') this.#judgeProbes(now)
    else if (this.#opens(now)) this.#move('opened', now, retryAfter)
  }

  #opens(now: number): boolean {
    const { threshold, failureRate } = this.#rules
    if (this.streak() >= threshold) return true
    const reading = this.#rateAt(now)
    if (!failureRate || !reading) return false
    return reading.requests >= failureRate.minimumRequests && reading.rate >= failureRate.threshold
  }

  #judgeProbes(now: number): void {
    const { needed, of } = this.#rules.probes ?? { needed: 1, of: 1 }
    const failed = this.#ofThisEpoch.filter(({ isFailure }) => isFailure).length
    const succeeded = this.#ofThisEpoch.length - failed
    if (succeeded >= needed) this.#move('closed', now)
    // So many that those which are left cannot be enough.
    else if (of - failed < needed) {
      const times = this.#ofThisEpoch.map(({ retryAfter }) => retryAfter)
      this.#move('opened', now, Math.max(...times))
    }
  }

  #hasFreePermit(now: number): boolean {
    const { permits, probeTimeout } = this.#rules
    const closed = this.moves.findLastIndex(({ to }) => to === 'closed') + 1
    const probes = this.#attempts.filter(
      ({ epoch, hasEnded, isReplaced }) => epoch > closed && !hasEnded && !isReplaced,
    )
    const stale = probes.filter(({ at }) => now - at > probeTimeout)
    if (probes.length - stale.length >= permits && stale.length === 0) return false
    for (const probe of stale) probe.isReplaced = true
    return probes.length - stale.length < permits
  }

  #move(to: CircuitState, at: number, retryAfter = 0): void {
    const round = to === 'opened' ? this.#nextRound(at) : 0
    const { ttl, growth, maxRetryAfter = 0 } = this.#rules
    const grown = growth ? Math.min(growth.max, ttl * growth.factor ** (round - 1)) : ttl
    const lasts = Math.max(grown, Math.min(retryAfter, maxRetryAfter))
    this.moves.push({ to, at, round, lasts })
  }

  #nextRound(now: number): number {
    const last = this.moves.findLast(({ to }) => to === 'opened')
    if (!last) return 1
    if (this.#state === 'half-opened') return last.round + 1
    return now - this.#lastMove.at >= last.lasts ? 1 : last.round
  }

  #isDue(now: number): boolean {
    return now > this.#lastMove.at + this.#lastMove.lasts
  }

  get #state(): CircuitState {
    return this.moves.at(-1)?.to ?? 'closed'
  }

  get #lastMove(): Move {
    return this.moves.at(-1) ?? { to: 'closed', at: 0, round: 0, lasts: 0 }
  }

  get #ofThisEpoch(): readonly Result[] {
    return this.#results.filter(({ epoch }) => epoch === this.moves.length)
  }
}
