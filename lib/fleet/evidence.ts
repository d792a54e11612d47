/** This process's own failures in a row, and how much of them the fleet has been told. */
import type { FailureReason, Outcome } from '../circuit/types.js'
import type { Evidence as Proof } from '../storage/contract.js'
import { schedule } from '../internal/timers.js'

/**
 * Seconds for which a streak waits before it is reported. A success in that time ends it, and nothing is
 * sent: one error among many requests costs nothing. A streak of `threshold` does not wait.
 *
 * Measured on a model of 7 processes with 50 requests/s and 5 % errors each, beside one that is cut off
 * (`quorum: 2`, `threshold: 5`): if the second failure ended the wait, noise would open the circuit about
 * once in ten minutes; with the whole streak waiting, it opens no more often than one process's own.
 */
export const HOLD = 0.05

export interface Report {
  readonly evidence: Proof
  readonly reason?: FailureReason | undefined
}

/** What became of a report. `refused`: the epoch was another, which is known by now. */
export type Delivery = 'taken' | 'refused' | 'unknown'

export interface EvidenceOptions {
  readonly threshold: number
  /** Seconds for which a failure proves anything. */
  readonly life: number
  /** Monotonic seconds. */
  readonly now: () => number
  /** Whether there is somebody to report to. */
  readonly maySend: () => boolean
  /** Never rejects. */
  readonly send: (report: Report) => Promise<Delivery>
}

export class Evidence {
  readonly #options: EvidenceOptions
  #streak = 0
  #failedAt = 0
  #reason: FailureReason | undefined
  /** The newest failure of the streak that the storage may have of this process; undefined if it has none. */
  #toldAt: number | undefined
  /** The storage has another streak than this process. */
  #isDue = false
  #cancelHold: (() => void) | undefined
  #isSending = false
  /** The report that is on its way. */
  #sending: Promise<void> | undefined

  constructor(options: EvidenceOptions) {
    this.#options = options
  }

  note(outcome: Outcome, reason?: FailureReason): void {
    if (outcome === 'success') this.#succeed()
    else if (outcome === 'failure') this.#fail(reason)
  }

  /** One report at a time: what is seen meanwhile goes into the next. */
  report(): void {
    if (!this.#isSending && this.#isDue) void this.#sendAll()
  }

  /** What was seen so far is not evidence any more. What the storage has of it ends with the next success. */
  forget(): void {
    this.#endHold()
    this.#streak = 0
    this.#isDue = false
  }

  /** The epoch is over, and with it what the storage had. */
  clear(): void {
    this.forget()
    this.#toldAt = undefined
  }

  /** Does not wait for the next result. */
  reportNow(): void {
    if (this.#cancelHold) this.#becomeDue()
    else this.report()
  }

  /** Waits until what is known now has been sent, and what was on its way before. */
  async flush(): Promise<void> {
    this.reportNow()
    const first = this.#sending
    await first
    if (this.#sending !== first) await this.#sending
  }

  #succeed(): void {
    if (this.#streak === 0 && this.#toldAt === undefined) return
    this.#endHold()
    this.#streak = 0
    this.#isDue = this.#isTold
    if (!this.#isDue) this.#toldAt = undefined
    this.report()
  }

  #fail(reason: FailureReason | undefined): void {
    this.#streak += 1
    this.#reason = reason
    this.#failedAt = this.#options.now()
    if (this.#streak >= this.#options.threshold || this.#isTold) this.#becomeDue()
    else this.#cancelHold ??= schedule(HOLD, () => this.#becomeDue())
  }

  /** Whether what was told still stands. */
  get #isTold(): boolean {
    return this.#toldAt !== undefined && this.#options.now() - this.#toldAt <= this.#options.life
  }

  #becomeDue(): void {
    this.#endHold()
    this.#isDue = true
    this.report()
  }

  #endHold(): void {
    this.#cancelHold?.()
    this.#cancelHold = undefined
  }

  /** A report that was refused is sent once more: nobody's epoch changes twice in a round trip. */
  async #sendAll(): Promise<void> {
    let refusals = 0
    this.#isSending = true
    while (this.#isDue && this.#options.maySend() && refusals < 2) {
      this.#isDue = false
      const delivery = this.#sendOne()
      this.#sending = delivery.then(() => undefined)
      const isRefused = (await delivery) === 'refused'
      refusals = isRefused ? refusals + 1 : 0
      if (isRefused && this.#streak > 0) this.#isDue = true
    }
    this.#sending = undefined
    this.#isSending = false
  }

  async #sendOne(): Promise<Delivery> {
    const { now, life, send } = this.#options
    const streak = this.#streak
    const age = streak > 0 ? now() - this.#failedAt : 0
    // Too old to prove anything; what the storage has of it is as old.
    if (age > life) return 'taken'
    const before = this.#toldAt
    this.#toldAt = streak > 0 ? this.#failedAt : undefined
    const report = { evidence: { failures: streak, age } }
    const delivery = await send(streak > 0 ? { ...report, reason: this.#reason } : report)
    if (delivery === 'unknown') this.#toldAt ??= before
    return delivery
  }
}
