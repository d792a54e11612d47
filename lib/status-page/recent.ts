/** The results of one circuit's last requests, in memory that does not grow. */
import type { Outcome } from '../circuit/types.js'

/**
 * The outcome of an attempt, `slow` if it failed for being that, or `refused` if there was none. A request that
 * was sent only because the circuit is forced closed has a `dry-run` before its outcome.
 */
export type Result = Outcome | 'slow' | 'refused' | 'dry-run'

export const RESULTS: readonly Result[] = [
  'success',
  'failure',
  'slow',
  'ignored',
  'refused',
  'dry-run',
]
export const MAX_RESULTS = 60

export class Recent {
  readonly #ring = new Uint8Array(MAX_RESULTS)
  #added = 0

  add(result: Result): void {
    this.#ring[this.#added % MAX_RESULTS] = RESULTS.indexOf(result)
    this.#added += 1
  }

  /** The results, oldest first. */
  get results(): Result[] {
    const length = Math.min(this.#added, MAX_RESULTS)
    return Array.from({ length }, (_, index) => this.#at(this.#added - length + index))
  }

  #at(index: number): Result {
    return RESULTS[this.#ring[index % MAX_RESULTS] ?? 0] ?? 'ignored'
  }
}
