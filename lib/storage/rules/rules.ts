/** The rules of a shared circuit, as Redis's script has them: the contract's suite holds both to the same. */
import type { CircuitState } from '../../circuit/types.js'
import { LONGEST_PERMIT, MOST_STREAKS, proofLife } from '../limits.js'
import { INITIAL_SNAPSHOT } from '../initial-snapshot.js'
import type { Answer, Question, Snapshot } from '../contract.js'
import { isBelievable, MICROSECONDS, setRight, UNKNOWN, type Kept } from './kept.js'
import { evict, proofOf, streakOf, sumOf } from './streaks.js'

export type { Kept } from './kept.js'

/** One question, carried out at one moment of the storage's clock. */
export class Decision {
  kept: Kept
  granted = false
  isChanged = false
  /** There is something to tell: a transition, or a change of the permits. */
  isNews = false
  #isMoved = false
  readonly #question: Question
  readonly #known: Snapshot
  readonly #now: number
  readonly #isKept: boolean

  constructor(found: Kept | undefined, question: Question, now: number) {
    this.kept = found ?? UNKNOWN
    this.#isKept = found !== undefined
    this.#question = question
    this.#now = now
    this.#known = isBelievable(question.known, now) ? question.known : INITIAL_SNAPSHOT
    Object.assign(this, setRight(this.kept, question.terms, now))
    this.#remember()
    this.#carryOut()
    if (!this.isChanged) return
    const clock = Math.floor(now * MICROSECONDS)
    const version = Math.max(this.kept.version + 1, this.#known.version + 1, clock)
    this.#change({ version, ...(this.#isMoved && { epoch: version }) })
  }

  get answer(): Answer {
    const { version, epoch, state, failureCount, openedAt, holders, lastFailure } = this.kept
    const ends = holders.map(({ at, lease }) => at + lease - this.#now)
    const isFree = holders.length < this.#question.terms.permits
    const heldFor = isFree ? 0 : Math.max(0, Math.min(...ends))
    const { granted } = this
    if (state === 'closed') {
      return { version, epoch, state, failureCount: this.#sum, openedFor: 0, heldFor, granted }
    }
    const openedFor = this.#now - openedAt
    const answer = { version, epoch, state, failureCount, openedFor, heldFor, granted }
    return lastFailure ? { ...answer, lastFailure } : answer
  }

  get #sum(): number {
    return sumOf(this.kept.streaks)
  }

  /** A transition that the process knows of and the storage has lost; and how long an outage has lasted. */
  #remember(): void {
    const { epoch, state, openedFor } = this.#known
    const openedAt = this.#now - openedFor
    if (epoch === this.kept.epoch && openedAt < this.kept.openedAt) {
      this.kept = { ...this.kept, openedAt }
    }
    if (epoch <= this.kept.epoch) return
    if (state === 'closed') this.#rememberClosed(epoch)
    else if (this.#isFresh) this.#rememberOutage()
    else if (this.kept.state === 'closed') this.#raiseEpoch(epoch)
  }

  #rememberClosed(epoch: number): void {
    const isLost = this.kept.state !== 'closed'
    // An epoch of the future comes from a clock that was set back: it does not say what was first.
    if (isLost && epoch <= this.#now * MICROSECONDS) {
      this.#move('closed', { epoch })
      this.#isMoved = false
    } else this.#raiseEpoch(epoch)
  }

  /** Evidence stays: nobody knows of a transition since it was reported. */
  #raiseEpoch(epoch: number): void {
    if (!this.#isKept && this.#question.op !== 'report') return
    this.#change({ epoch })
    this.isNews = true
  }

  /** What a process slept through for longer is over, however it ended. */
  get #isFresh(): boolean {
    const { op, terms } = this.#question
    return op === 'renew' || op === 'settle' || this.#known.openedFor <= terms.ttl + terms.lease
  }

  #rememberOutage(): void {
    const { state, epoch, failureCount, openedFor, lastFailure } = this.#known
    this.#move(state, { epoch, failureCount, openedAt: this.#now - openedFor, lastFailure })
    this.#isMoved = false
    const question = this.#question
    if (state !== 'half-opened') return
    if (question.op === 'renew' || question.op === 'settle') this.#hold(question.token)
  }

  #carryOut(): void {
    const question = this.#question
    if (question.op === 'report') this.#report(question)
    else if (question.op === 'acquire') this.#acquire(question.token)
    else if (question.op === 'renew') this.#renew(question.token, question.lease)
    else if (question.op === 'settle') this.#settle(question)
  }

  #report({ evidence, reason, process, reporter, terms }: Question & { op: 'report' }): void {
    const { state, epoch } = this.kept
    if (state !== 'closed' || epoch > this.#known.epoch) return
    const own = streakOf(evidence, process, reporter, this.#now)
    const isProof = own.streak > 0 && evidence.age <= proofLife(terms.ttl)
    const others = this.kept.streaks.filter((entry) => entry.process !== process)
    this.granted = true
    this.#change({ streaks: isProof ? evict([...others, own], MOST_STREAKS) : others })
    if (proofOf(this.kept.streaks, terms.quorum) < terms.opening.threshold) return
    this.#move('opened', { openedAt: this.#now, failureCount: this.#sum, lastFailure: reason })
  }

  #acquire(token: string): void {
    const { state, openedAt, holders } = this.kept
    const { ttl, permits } = this.#question.terms
    if (state === 'closed') this.granted = true
    if (state === 'closed' || (state === 'opened' && this.#now < openedAt + ttl)) return
    const held = holders.filter(({ at, lease }) => this.#now <= at + lease)
    // Clients that repeat a command after a failover have their permit already.
    if (held.some((holder) => holder.token === token)) this.granted = true
    if (this.granted || held.length >= permits) return
    if (state === 'opened') this.#move('half-opened')
    else this.#change({ holders: held })
    this.#hold(token)
    this.granted = true
  }

  #renew(token: string, lease: number): void {
    if (!this.#holds(token)) return
    const longest = LONGEST_PERMIT * this.#question.terms.lease
    const renewed = { token, at: this.#now, lease: Math.min(lease, longest) }
    const holders = this.kept.holders.map((holder) => (holder.token === token ? renewed : holder))
    this.#change({ holders })
    this.granted = true
  }

  #settle({ token, outcome, reason }: Question & { op: 'settle' }): void {
    if (!this.#holds(token)) return
    this.granted = true
    const lastFailure = reason ?? this.kept.lastFailure
    if (outcome === 'success') this.#move('closed', { failureCount: 0 })
    else if (outcome === 'failure') this.#move('opened', { openedAt: this.#now, lastFailure })
    else {
      this.#change({ holders: this.kept.holders.filter((holder) => holder.token !== token) })
      this.isNews = true
    }
  }

  #holds(token: string): boolean {
    return this.kept.holders.some((holder) => holder.token === token)
  }

  #hold(token: string): void {
    const { lease } = this.#question.terms
    this.#change({ holders: [...this.kept.holders, { token, at: this.#now, lease }] })
    this.isNews = true
  }

  #move(state: CircuitState, further: Partial<Kept> = {}): void {
    this.#change({ state, streaks: [], holders: [], ...further })
    this.#isMoved = true
    this.isNews = true
  }

  #change(change: Partial<Kept>): void {
    this.kept = { ...this.kept, ...change }
    this.isChanged = true
  }
}
