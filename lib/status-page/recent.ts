/** What became of the last requests of one circuit, in memory that does not grow. */
import type { Outcome } from '../circuit/types.js'

/** An attempt's outcome, or no attempt at all. */
export type Result = Outcome | 'refused'

export const RESULTS: readonly Result[] = ['success', 'failure', 'ignored', 'refused']
export const LENGTH = 60

export class Recent {
  readonly #ring = new Uint8Array(LENGTH)
  #added = 0

  add(result: Result): void {
    this.#ring[this.#added % LENGTH] = RESULTS.indexOf(result)
    this.#added += 1
  }

  /** The oldest first. */
  get results(): Result[] {
    const length = Math.min(this.#added, LENGTH)
    return Array.from({ length }, (_, index) => this.#at(this.#added - length + index))
  }

  #at(index: number): Result {
    return RESULTS[this.#ring[index % LENGTH] ?? 0] ?? 'ignored'
  }
}
