/** Opens after so many failures in a row. A success starts the count anew. */
import type { CircuitState } from '../types.js'
import type { Opening } from './opening.js'
import type { OpeningTerms } from './terms.js'

export class Streak implements Opening {
  readonly #threshold: number
  #failureCount = 0

  constructor({ threshold }: OpeningTerms) {
    this.#threshold = threshold
  }

  get failureCount(): number {
    return this.#failureCount
  }

  get needsSuccesses(): boolean {
    return this.#failureCount > 0
  }

  success(): boolean {
    this.#failureCount = 0
    return false
  }

  failure(): boolean {
    this.#failureCount += 1
    return this.#failureCount >= this.#threshold
  }

  /** Until it closes, an opened circuit shows as many failures as open one, whoever counted them. */
  reset(state: CircuitState): void {
    this.#failureCount = state === 'closed' ? 0 : this.#threshold
  }
}
