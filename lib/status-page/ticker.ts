/** A timer that runs once each time it is started, and keeps no process alive. */

const MS_PER_SECOND = 1000

export class Ticker {
  readonly #job: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(job: () => void) {
    this.#job = job
  }

  /** Does nothing while it is running. */
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
