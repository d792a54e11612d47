/** The timers of one circuit. A name has one timer at most: one that is started anew takes the place of the other. */
import { schedule } from '../internal/timers.js'

export class NamedTimers {
  readonly #cancels = new Map<string, () => void>()

  start(name: string, seconds: number, job: () => void): void {
    this.stop(name)
    const cancel = schedule(seconds, () => {
      this.#cancels.delete(name)
      job()
    })
    this.#cancels.set(name, cancel)
  }

  stop(name: string): void {
    this.#cancels.get(name)?.()
    this.#cancels.delete(name)
  }
}
