/** A probe's permit, held for as long as the probe runs, and no longer than a probe may. */
import { schedule } from '../internal/timers.js'

/** Renewed this often within each lease, so that one lost answer loses no permit. */
const RENEWALS = 3

export interface LeaseOptions {
  readonly token: string
  readonly grantedAt: number
  /** Seconds. */
  readonly lease: number
  /** Seconds after which the permit is renewed no more. */
  readonly probeTimeout: number
  readonly now: () => number
  /** False where another has the permit now; rejects where that cannot be known. */
  readonly renew: (lease: number) => Promise<boolean>
}

export class Lease {
  readonly token: string
  isDistrusted = false
  readonly #options: LeaseOptions
  #until: number
  #cancel: () => void

  constructor(options: LeaseOptions) {
    this.token = options.token
    this.#options = options
    this.#until = options.grantedAt + Math.min(options.lease, options.probeTimeout)
    this.#cancel = this.#renewLater()
  }

  /** By the process's own clock, from before it asked: never longer than the storage says. */
  get isHeld(): boolean {
    return this.#options.now() <= this.#until
  }

  end(): void {
    this.#cancel()
  }

  /** The process did not run for a while, and its own clock may not have either. */
  distrust(): void {
    this.isDistrusted = true
    this.#until = -Infinity
  }

  #renewLater(): () => void {
    return schedule(this.#options.lease / RENEWALS, () => void this.#renew())
  }

  async #renew(): Promise<void> {
    const { grantedAt, lease, probeTimeout, now, renew } = this.#options
    const askedAt = now()
    const length = Math.min(lease, grantedAt + probeTimeout - askedAt)
    if (length <= 0) return
    this.#cancel = this.#renewLater()
    try {
      const isHeld = await renew(length)
      this.#until = isHeld ? askedAt + length : 0
      if (!isHeld) this.#cancel()
    } catch {
      // Unknown: the next renewal may tell, and until then the lease that is left holds.
    }
  }
}
