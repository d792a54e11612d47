/** The rules of a shared circuit, as Redis's script has them: the contract's suite holds both to the same. */
import type { CircuitState } from '../circuit/types.js'
import type { Answer, Question } from '../storage/storage.js'

interface Holder {
  readonly token: string
  readonly at: number
  readonly lease: number
}

/** What is kept of a circuit. */
export interface Kept {
  readonly version: number
  readonly epoch: number
  readonly state: CircuitState
  readonly failureCount: number
  readonly openedAt: number
  readonly reporters: readonly string[]
  readonly holders: readonly Holder[]
}

const UNKNOWN: Kept = {
  version: 0,
  epoch: 0,
  state: 'closed',
  failureCount: 0,
  openedAt: 0,
  reporters: [],
  holders: [],
}

/** One question, carried out at one moment of the storage's clock. */
export class Decision {
  kept: Kept
  granted = false
  isChanged = false
  /** There is something to tell: a transition, or a change of the permits. */
  isNews = false
  #isMoved = false
  readonly #question: Question
  readonly #now: number

  constructor(found: Kept | undefined, question: Question, now: number) {
    this.kept = found ?? UNKNOWN
    this.#question = question
    this.#now = now
    this.#setRight()
    this.#remember(found !== undefined)
    this.#carryOut()
    if (!this.isChanged) return
    const version = Math.max(this.kept.version, question.known.version) + 1
    this.#change({ version, ...(this.#isMoved && { epoch: version }) })
  }

  get answer(): Answer {
    const { version, epoch, state, failureCount, openedAt, holders } = this.kept
    const ends = holders.map(({ at, lease }) => at + lease - this.#now)
    const isFree = holders.length < this.#question.terms.permits
    const openedFor = state === 'closed' ? 0 : this.#now - openedAt
    const heldFor = isFree ? 0 : Math.max(0, Math.min(...ends))
    return { version, epoch, state, failureCount, openedFor, heldFor, granted: this.granted }
  }

  /** The clock may have been set back: what was stored is never later than now. */
  #setRight(): void {
    const now = this.#now
    if (this.kept.openedAt > now) this.#change({ openedAt: now })
    if (this.kept.holders.every(({ at }) => at <= now)) return
    const holders = this.kept.holders.map((holder) => ({ ...holder, at: Math.min(holder.at, now) }))
    this.#change({ holders })
  }

  /** A transition that the process knows of and the storage has lost; and how long an outage has lasted. */
  #remember(isKept: boolean): void {
    const { known, op } = this.#question
    const openedAt = this.#now - known.openedFor
    if (known.epoch > this.kept.epoch && (isKept || known.state !== 'closed')) {
      const { state, epoch, failureCount } = known
      this.#move(state, { epoch, failureCount, openedAt })
      this.#isMoved = false
      if (state === 'half-opened' && (op === 'renew' || op === 'settle')) {
        this.#hold(this.#question.token)
      }
    } else if (known.epoch === this.kept.epoch && openedAt < this.kept.openedAt) {
      this.kept = { ...this.kept, openedAt }
    }
  }

  #carryOut(): void {
    const question = this.#question
    if (question.op === 'report') this.#report(question)
    else if (question.op === 'acquire') this.#acquire(question.token)
    else if (question.op === 'renew') this.#renew(question.token, question.lease)
    else if (question.op === 'settle') this.#settle(question.token, question.outcome)
  }

  #report({ failures, streak, sawSuccess, ...question }: Question & { op: 'report' }): void {
    const { state, epoch, failureCount, reporters } = this.kept
    const { threshold, quorum } = question.terms
    if (state !== 'closed' || epoch > question.known.epoch) return
    const count = Math.max((sawSuccess ? 0 : failureCount) + failures, streak)
    const others = sawSuccess ? [] : reporters
    const known = [...new Set([...others, question.process])].slice(0, quorum)
    this.granted = true
    this.#change({ failureCount: count, reporters: known })
    if (count >= threshold && known.length >= quorum) this.#move('opened', { openedAt: this.#now })
  }

  #acquire(token: string): void {
    const { state, openedAt, holders } = this.kept
    const { ttl, permits } = this.#question.terms
    if (state === 'closed') this.granted = true
    if (state === 'closed' || (state === 'opened' && this.#now < openedAt + ttl)) return
    const held = holders.filter(({ at, lease }) => this.#now <= at + lease)
    if (held.length >= permits) return
    if (state === 'opened') this.#move('half-opened')
    else this.#change({ holders: held })
    this.#hold(token)
    this.granted = true
  }

  #renew(token: string, lease: number): void {
    if (!this.#holds(token)) return
    const renewed = { token, at: this.#now, lease }
    const holders = this.kept.holders.map((holder) => (holder.token === token ? renewed : holder))
    this.#change({ holders })
    this.granted = true
  }

  #settle(token: string, outcome: string): void {
    if (!this.#holds(token)) return
    this.granted = true
    if (outcome === 'success') this.#move('closed', { failureCount: 0 })
    else if (outcome === 'failure') this.#move('opened', { openedAt: this.#now })
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
    this.#change({ state, reporters: [], holders: [], ...further })
    this.#isMoved = true
    this.isNews = true
  }

  #change(change: Partial<Kept>): void {
    this.kept = { ...this.kept, ...change }
    this.isChanged = true
  }
}
