/** A pause that ends early if something happens, and keeps the process alive. */
import { monotonic } from '../internal/clock.js'

const MS_PER_SECOND = 1000

export class Pause {
  /** Seconds between two ends, whatever happens: a flood of messages costs no more than this. */
  readonly #least: number
  #endedAt = -Infinity
  #isWoken = false
  #end: (() => void) | undefined

  constructor(least: number) {
    this.#least = least
  }

  /** Ends the pause that runs, or the next one. */
  wake(): void {
    this.#isWoken = true
    this.#end?.()
  }

  /** @param seconds unless it is woken before */
  async wait(seconds: number): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, seconds * MS_PER_SECOND)
        this.#end = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#end = undefined
    const rest = this.#endedAt + this.#least - monotonic()
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest * MS_PER_SECOND))
    this.#isWoken = false
    this.#endedAt = monotonic()
  }
}
