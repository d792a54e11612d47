/**
 * A model of the rules, written independently, with which the spec compares the circuit. It keeps the whole history,
 * and derives everything from it. The circuit keeps only a few fields.
 */
import type { CircuitState, Outcome, Rules } from '../../lib/circuit/types.js'

type Entry =
  | { readonly what: 'admitted'; readonly at: number; readonly id: number }
  | { readonly what: 'ended'; readonly at: number; readonly id: number; readonly outcome: Outcome }
  /** It ended after the epoch in which it was admitted. */
  | { readonly what: 'late'; readonly at: number; readonly id: number }
  | { readonly what: 'moved'; readonly at: number; readonly to: CircuitState }

export class Model {
  readonly #rules: Rules
  readonly #history: Entry[] = []

  constructor(rules: Rules) {
    this.#rules = rules
  }

  /** The moves so far. */
  get moves(): readonly CircuitState[] {
    return this.#history.flatMap((entry) => (entry.what === 'moved' ? [entry.to] : []))
  }

  get state(): CircuitState {
    return this.moves.at(-1) ?? 'closed'
  }

  stateAt(now: number): CircuitState {
    return this.state === 'opened' && this.#isOver(now) ? 'half-opened' : this.state
  }

  failureCount(): number {
    if (this.state !== 'closed') return this.#rules.threshold
    const outcomes = this.#thisEpoch().flatMap((entry) =>
      entry.what === 'ended' && entry.outcome !== 'ignored' ? [entry.outcome] : [],
    )
    return outcomes.length - 1 - outcomes.lastIndexOf('success')
  }

  retryAfter(now: number): number {
    return this.state === 'opened' ? Math.max(0, this.#openedAt() + this.#rules.ttl - now) : 0
  }

  /** Probes that hold a permit, oldest first, whichever half-opening has sent them. */
  probes(now: number): readonly number[] {
    const held = new Map<number, number>()
    for (const entry of this.#sinceOpening()) {
      if (entry.what === 'ended' || entry.what === 'late') held.delete(entry.id)
      if (entry.what !== 'admitted') continue
      for (const [id, since] of held) if (this.#isStale(since, entry.at)) held.delete(id)
      held.set(entry.id, entry.at)
    }
    return [...held].flatMap(([id, since]) => (this.#isStale(since, now) ? [] : [id]))
  }

  admit(id: number, now: number): boolean {
    const isFree = this.probes(now).length < this.#rules.permits
    if (this.state !== 'closed' && !isFree) return false
    if (this.state === 'opened' && this.#isOver(now)) this.#move('half-opened', now)
    if (this.state === 'opened') return false
    this.#history.push({ what: 'admitted', at: now, id })
    return true
  }

  end(id: number, outcome: Outcome, now: number): void {
    if (!this.#counts(id)) {
      this.#history.push({ what: 'late', at: now, id })
      return
    }
    this.#history.push({ what: 'ended', at: now, id, outcome })
    if (this.state === 'half-opened') {
      if (outcome === 'success') this.#move('closed', now)
      if (outcome === 'failure') this.#move('opened', now)
    } else if (this.failureCount() >= this.#rules.threshold) this.#move('opened', now)
  }

  /** A result that came with no request. */
  report(outcome: Outcome, now: number): void {
    if (this.state !== 'closed') return
    this.#history.push({ what: 'ended', at: now, id: Number.NaN, outcome })
    if (this.failureCount() >= this.#rules.threshold) this.#move('opened', now)
  }

  /** Admitted since the last move, and, for a probe, not replaced since. */
  #counts(id: number): boolean {
    const epoch = this.#thisEpoch()
    const admitted = epoch.findIndex((entry) => entry.what === 'admitted' && entry.id === id)
    if (admitted < 0 || epoch.some((entry) => entry.what === 'ended' && entry.id === id))
      return false
    if (this.state !== 'half-opened') return true
    const since = epoch[admitted]?.at ?? 0
    const later = epoch.slice(admitted + 1)
    return !later.some((entry) => entry.what === 'admitted' && this.#isStale(since, entry.at))
  }

  #thisEpoch(): readonly Entry[] {
    const moved = this.#history.findLastIndex((entry) => entry.what === 'moved')
    return this.#history.slice(moved + 1)
  }

  /** Everything after the circuit left the closed state last. */
  #sinceOpening(): readonly Entry[] {
    if (this.state === 'closed') return []
    const closed = this.#history.findLastIndex(
      (entry) => entry.what === 'moved' && entry.to === 'closed',
    )
    const later = this.#history.slice(closed + 1)
    return later.slice(later.findIndex((entry) => entry.what === 'moved') + 1)
  }

  #openedAt(): number {
    return this.#history.findLast((entry) => entry.what === 'moved')?.at ?? 0
  }

  #isOver(now: number): boolean {
    return now > this.#openedAt() + this.#rules.ttl
  }

  #isStale(since: number, now: number): boolean {
    return now - since > this.#rules.probeTimeout
  }

  #move(to: CircuitState, at: number): void {
    this.#history.push({ what: 'moved', at, to })
  }
}
