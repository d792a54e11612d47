/** What a circuit publishes, and what it has published. */
import type { Attempt, Publisher } from './events.js'
import type { CircuitState, FailureReason, Origin, Refusal } from './types.js'
import { MILLISECOND, wholeMilliseconds } from './whole-milliseconds.js'

const NOBODY: Publisher = { publish: () => undefined, hasListeners: () => false }

export class Publication {
  /** The state that was published last. */
  state: CircuitState = 'closed'
  lastFailure: FailureReason | undefined
  readonly #circuit: string
  #publisher: Publisher

  constructor(circuit: string, publisher: Publisher) {
    this.#circuit = circuit
    this.#publisher = publisher
  }

  /** Whoever has learnt that the circuit is detached learns no more of it: another one may have its name by now. */
  end(): void {
    this.#publisher = NOBODY
  }

  /** @param opened what is known of the opening, if it is one */
  publishTransition(to: CircuitState, origin: Origin, opened: object | false): void {
    const from = this.state
    this.state = to
    this.#publisher.publish('stateChanged', { circuit: this.#circuit, from, to, origin, ...opened })
  }

  failed(failureCount: number, reason: FailureReason | undefined): void {
    this.lastFailure = reason
    this.#publisher.publish('failed', { circuit: this.#circuit, failureCount, ...reason })
  }

  recovered(): void {
    this.#publisher.publish('recovered', { circuit: this.#circuit })
  }

  /** Whether attempts have listeners. */
  get hasAttemptListeners(): boolean {
    return this.#publisher.hasListeners('attempted')
  }

  attempted(attempt: Attempt): void {
    this.#publisher.publish('attempted', attempt)
  }

  /** @returns the refusal as the caller gets it */
  refused(refusal: Refusal, lastFailure: FailureReason | undefined): Refusal {
    const { state, forced } = refusal
    const retryAfter = shownWait(refusal)
    const circuit = this.#circuit
    // A spread costs a refusal measurably more than this look.
    if (this.#publisher.hasListeners('rejected')) {
      this.#publisher.publish('rejected', { circuit, state, retryAfter, ...(forced && { forced }) })
    }
    return { admitted: false, state, retryAfter, lastFailure, forced }
  }

  /** The circuit would have refused a request that goes through. */
  spared(refusal: Refusal): void {
    const { state } = refusal
    const retryAfter = shownWait(refusal)
    this.#publisher.publish('rejected', { circuit: this.#circuit, state, retryAfter, dryRun: true })
  }
}

function shownWait({ state, retryAfter }: Refusal): number {
  return Math.max(state === 'opened' ? MILLISECOND : 0, wholeMilliseconds(retryAfter))
}
