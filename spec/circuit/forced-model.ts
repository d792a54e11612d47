/**
 * A model of a forced circuit, written independently, with which the spec compares the circuit. Behind the force, a
 * model of the rules goes on, and counts each request that is sent.
 */
import type { CircuitEvents } from '../../lib/circuit/events.js'
import type { Forced, ForcedState } from '../../lib/circuit/force.js'
import type { CircuitState, Outcome, Rules } from '../../lib/circuit/types.js'
import { RulesModel } from './rules-model.js'

export interface ModelForce {
  readonly state: ForcedState
  readonly by?: string
  readonly until: number
}

interface Sent {
  /** The rules let it through. */
  readonly isCounted: boolean
  /** The rules let it through as a probe. */
  readonly isProbe: boolean
  readonly force: ModelForce | undefined
}

/** Times in seconds that are whole milliseconds. */
export class ForcedModel {
  rules: RulesModel
  force: ModelForce | undefined
  /** What each event `forced` has to say. */
  readonly changes: (Forced | undefined)[] = []
  /** What each event `rejected` has to say. */
  readonly rejected: Omit<CircuitEvents['rejected'], 'circuit'>[] = []
  /** What has happened in the sequences, to check that they cover it. */
  readonly reached = new Set<string>()
  readonly #given: Rules
  readonly #dryRun: ModelForce | undefined
  readonly #sent = new Map<number, Sent>()

  constructor(given: Rules, isDry: boolean, now: number) {
    this.rules = new RulesModel(given)
    this.#given = given
    this.#dryRun = isDry ? { state: 'closed', until: Infinity } : undefined
    this.#change(this.#dryRun, now)
  }

  /** A new circuit takes the place of the old one, under the same name. */
  attachAgain(now: number): void {
    this.rules = new RulesModel(this.#given)
    this.#sent.clear()
    if (this.force) this.changes.push(this.forced(now))
  }

  forceTo(force: ModelForce, now: number): void {
    this.#change(force, now)
  }

  unforce(now: number): void {
    if (this.#dryRun && this.force !== this.#dryRun) this.reached.add('a return to the dry run')
    this.#change(this.#dryRun, now)
  }

  pass(now: number): void {
    if (this.force && this.force.until <= now) {
      this.reached.add('a force that is over')
      this.#change(this.#dryRun, now)
    }
    this.rules.touch(now)
  }

  admit(id: number, now: number): { readonly isSent: boolean; readonly isProbe: boolean } {
    if (this.force?.state === 'opened') {
      this.#refuseAsForced(now)
      return { isSent: false, isProbe: false }
    }
    const isCounted = this.#watch(() => this.rules.admit(id, now))
    const isProbe = isCounted && this.rules.stateAt(now) === 'half-opened'
    if (!isCounted) this.#refuse(now)
    const isSent = isCounted || this.force !== undefined
    if (isSent) this.#sent.set(id, { isCounted, isProbe, force: this.force })
    return { isSent, isProbe: isProbe && !this.force }
  }

  end(id: number, outcome: Outcome, now: number): void {
    const sent = this.#sent.get(id)
    this.#sent.delete(id)
    if (!sent?.isCounted) return this.rules.touch(now)
    const before = this.rules.moves.length
    this.#watch(() => this.rules.end(id, outcome, now, 0))
    const [move] = this.rules.moves.slice(before)
    if (sent.isProbe && move && sent.force !== this.force)
      this.reached.add(`probe ends under another force: ${move.to}`)
  }

  report(outcome: Outcome, now: number): void {
    this.#watch(() => this.rules.report(outcome, now))
  }

  stateAt(now: number): CircuitState {
    return this.force?.state ?? this.rules.stateAt(now)
  }

  retryAfter(now: number): number {
    if (!this.force) return this.rules.retryAfter(now)
    if (this.force.state === 'closed') return 0
    return this.force.until === Infinity ? this.#given.ttl : this.force.until - now
  }

  forced(now: number): Forced | undefined {
    if (!this.force) return undefined
    const { until, ...shown } = this.force
    return { ...shown, ...(until < Infinity && { endsIn: until - now }) }
  }

  #refuseAsForced(now: number): void {
    const forced = this.forced(now)
    const retryAfter = this.retryAfter(now)
    this.rejected.push({ state: 'opened', retryAfter, ...(forced && { forced }) })
    this.reached.add('a refusal of a forced circuit')
  }

  #refuse(now: number): void {
    const state = this.rules.stateAt(now) === 'opened' ? 'opened' : 'half-opened'
    const retryAfter = state === 'opened' ? Math.max(0.001, this.rules.retryAfter(now)) : 0
    this.rejected.push({ state, retryAfter, ...(this.force && { dryRun: true }) })
    if (this.force) this.reached.add('a refusal in a dry run')
  }

  #change(force: ModelForce | undefined, now: number): void {
    const { state, by, until } = this.force ?? {}
    if (state === force?.state && by === force?.by && until === force?.until) return
    this.force = force
    this.changes.push(this.forced(now))
  }

  #watch<Value>(act: () => Value): Value {
    const before = this.rules.moves.length
    const value = act()
    for (const { to } of this.rules.moves.slice(before))
      this.reached.add(`${this.force?.state ?? 'none'}: ${to}`)
    return value
  }
}
