/** What this process has seen of a closed circuit, and has not reported yet. */
import type { Outcome } from '../circuit/types.js'

export interface Report {
  readonly failures: number
  readonly sawSuccess: boolean
}

/** Two fields, however much happens: what cannot be sent now becomes one report later. */
export class Evidence {
  #failures = 0
  #sawSuccess = false
  #isSending = false
  readonly #send: (report: Report) => Promise<void>
  readonly #maySend: () => boolean

  /** @param send never rejects */
  constructor(send: (report: Report) => Promise<void>, maySend: () => boolean) {
    this.#send = send
    this.#maySend = maySend
  }

  note(outcome: Outcome): void {
    if (outcome === 'success') {
      this.#failures = 0
      this.#sawSuccess = true
    } else if (outcome === 'failure') {
      this.#failures += 1
      this.report()
    }
  }

  /** One report at a time: what is seen meanwhile goes into the next. */
  report(): void {
    if (!this.#isSending) void this.#reportAll()
  }

  /** Its epoch is over. */
  clear(): void {
    this.#failures = 0
    this.#sawSuccess = false
  }

  async #reportAll(): Promise<void> {
    this.#isSending = true
    while (this.#failures > 0 && this.#maySend()) {
      const report = { failures: this.#failures, sawSuccess: this.#sawSuccess }
      this.clear()
      await this.#send(report)
    }
    this.#isSending = false
  }
}
