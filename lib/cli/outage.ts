/** Reports once that Redis cannot be used, and once that it can be again. */
import { monotonic } from '../internal/clock.js'
import { schedule } from '../internal/timers.js'
import type { Reports } from './reports.js'

/** Seconds. A connection that an idle server or a load balancer closes is back sooner. */
const GRACE = 1

export class Outage {
  readonly #reports: Reports
  #since: number | undefined
  #isReported = false
  #cancel: () => void = () => undefined

  constructor(reports: Reports) {
    this.#reports = reports
  }

  /** @param isSure whether to report it at once */
  begin(reason: string, isSure: boolean): void {
    if (this.#isReported) return
    this.#since ??= monotonic()
    this.#cancel()
    const report = (): void => {
      this.#isReported = true
      this.#reports.lost(reason)
    }
    if (isSure) report()
    else this.#cancel = schedule(this.#since + GRACE - monotonic(), report)
  }

  end(): void {
    this.#cancel()
    if (this.#isReported) this.#reports.restored(monotonic() - (this.#since ?? 0))
    this.#since = undefined
    this.#isReported = false
  }
}
