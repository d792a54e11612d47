/** Opens after `threshold` failures in a row. A success starts the count anew. */
import type { CircuitState } from '../types.js'
import type { Opening } from './opening.js'
import type { OpeningCause } from './terms.js'

export class Streak implements Opening {
  readonly #threshold: number
  #failureCount = 0

  constructor(threshold: number) {
    this.#threshold = threshold
  }

  get failureCount(): number {
    return this.#failureCount
  }

  get needsSuccesses(): boolean {
    return this.#failureCount > 0
  }

  success(_now: number): OpeningCause | undefined {
    this.#failureCount = 0
    return undefined
  }

  failure(_now: number): OpeningCause | undefined {
    this.#failureCount += 1
    return this.#failureCount >= this.#threshold ? 'streak' : undefined
  }

  /**
   * Until it closes, a circuit that failures in a row opened shows the number that opens one, even if others counted
   * them. An older release of a fleet says no cause, and may know no other.
   */
  reset(state: CircuitState, cause: OpeningCause = 'streak'): void {
    if (state === 'closed') this.#failureCount = 0
    else if (cause === 'streak' && this.#threshold < Infinity) this.#failureCount = this.#threshold
  }
}
