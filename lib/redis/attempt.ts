/** One attempt to connect, and the line that it brings. */
import { property } from '../internal/property.js'
import { reasonOf } from '../internal/reason.js'
import { later } from '../internal/timers.js'
import { UNREACHED } from './failure-reasons.js'
import type { Line, MakeLine } from './line.js'
import { inTime } from './patience.js'

/** Seconds in all: a server that takes connections and answers nothing does not hold us up for ever. */
const DEADLINE = 5
/** Seconds after which a cause is worth telling, although it may still pass. */
const SLOW = 0.15

export class Attempt {
  line: Line | undefined
  readonly #make: MakeLine
  readonly #onLost: (error: unknown) => void
  #isAbandoned = false
  /** Why it hangs, if it does. */
  #hindrance = UNREACHED
  /** Told of another one, once it takes long. */
  #onHindrance: (hindrance: string) => void = () => undefined
  /** What the client told first: its promises often say less. */
  #cause: Error | undefined

  /** @param onLost the line was made, and is used up */
  constructor(make: MakeLine, onLost: (error: unknown) => void) {
    this.#make = make
    this.#onLost = onLost
  }

  /** Rejects with the cause. @param onSlow told why it takes long */
  async run(onSlow: (error: unknown) => void): Promise<void> {
    const cancel = later(SLOW, () => {
      this.#onHindrance = (hindrance) => onSlow(new Error(hindrance))
      this.#onHindrance(this.#hindrance)
    })
    try {
      await inTime(DEADLINE, this.#open(), 'slow')
    } catch (error) {
      this.abandon()
      const isSlow = property(error, 'message') === 'slow'
      throw this.#cause ?? (isSlow ? new Error(this.#hindrance) : error)
    } finally {
      cancel()
      this.#onHindrance = () => undefined
    }
  }

  abandon(): void {
    this.#isAbandoned = true
    this.line?.destroy()
  }

  async #open(): Promise<void> {
    const line = await this.#make({
      onWait: (hindrance) => {
        this.#hindrance = hindrance
        this.#onHindrance(hindrance)
      },
      onError: (error) => {
        this.#cause ??= error instanceof Error ? error : new Error(reasonOf(error))
        this.#onLost(error)
      },
    })
    if (this.#isAbandoned) return line.destroy()
    this.line = line
    await line.connect()
    await greet(line)
  }
}

/** A full server takes a connection, says so, and closes it. */
async function greet(line: Line): Promise<void> {
  try {
    await line.greet()
  } catch (error) {
    if (!/^(?:NOSCRIPT|NOPERM)\b/.test(reasonOf(error))) throw error
  }
}
