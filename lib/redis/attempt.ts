/** One attempt to connect, and the line that it brings. */
import { property } from '../internal/property.js'
import { messageOf } from '../internal/errors.js'
import { schedule } from '../internal/timers.js'
import { UNREACHABLE } from './failure-reasons.js'
import type { Line, MakeLine } from './line.js'
import { withBackgroundTimeout } from './timeouts.js'

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
  #waitReason = UNREACHABLE
  /** Told of another one, once it takes long. */
  #onWaitReason: (hindrance: string) => void = () => undefined
  /** What the client told first: its promises often say less. */
  #cause: Error | undefined

  /** @param onLost the line was made, and is used up */
  constructor(make: MakeLine, onLost: (error: unknown) => void) {
    this.#make = make
    this.#onLost = onLost
  }

  /** Rejects with the cause. @param onSlow told why it takes long */
  async run(onSlow: (error: unknown) => void): Promise<void> {
    const cancel = schedule(SLOW, () => {
      this.#onWaitReason = (hindrance) => onSlow(new Error(hindrance))
      this.#onWaitReason(this.#waitReason)
    })
    try {
      await withBackgroundTimeout(DEADLINE, this.#open(), 'slow')
    } catch (error) {
      this.abandon()
      const isSlow = property(error, 'message') === 'slow'
      throw this.#cause ?? (isSlow ? new Error(this.#waitReason) : error)
    } finally {
      cancel()
      this.#onWaitReason = () => undefined
    }
  }

  abandon(): void {
    this.#isAbandoned = true
    this.line?.destroy()
  }

  async #open(): Promise<void> {
    const line = await this.#make({
      onWait: (hindrance) => {
        this.#waitReason = hindrance
        this.#onWaitReason(hindrance)
      },
      onError: (error) => {
        this.#cause ??= error instanceof Error ? error : new Error(messageOf(error))
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
    if (!/^(?:NOSCRIPT|NOPERM)\b/.test(messageOf(error))) throw error
  }
}
