/** A timer that fires once after each start, and does not keep the process alive. */

const MS_PER_SECOND = 1000

export class Ticker {
  readonly #job: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(job: () => void) {
    this.#job = job
  }

  /** Starts the timer, unless it is running already. */
  start(seconds: number): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => this.#run(), seconds * MS_PER_SECOND)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #run(): void {
    this.#timer = undefined
    this.#job()
  }
}
