/** One attempt to connect, and the line that it makes. */
import { property } from '../internal/property.js'
import { messageOf } from '../internal/errors.js'
import { schedule } from '../internal/timers.js'
import { UNREACHABLE } from './failure-reasons.js'
import type { Line, MakeLine } from './line.js'
import { withBackgroundTimeout } from './timeouts.js'

/** Seconds for the whole attempt: a server may accept connections and never answer. */
const DEADLINE = 5
/** Seconds after which an attempt reports why it takes long, although it may still succeed. */
const SLOW = 0.15

export class Attempt {
  line: Line | undefined
  readonly #make: MakeLine
  readonly #onLost: (error: unknown) => void
  #isAbandoned = false
  /** What to report if the attempt gets no further than this. */
  #waitReason = UNREACHABLE
  /** Called with each new reason, once the attempt takes long. */
  #onWaitReason: (reason: string) => void = () => undefined
  /** The client's first error event: its rejections often say less. */
  #cause: Error | undefined

  /** @param onLost called when the line is lost */
  constructor(make: MakeLine, onLost: (error: unknown) => void) {
    this.#make = make
    this.#onLost = onLost
  }

  /** Rejects with the cause. @param onSlow called with the reason if the attempt takes long */
  async run(onSlow: (error: unknown) => void): Promise<void> {
    const cancel = schedule(SLOW, () => {
      this.#onWaitReason = (reason) => onSlow(new Error(reason))
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
      onWait: (reason) => {
        this.#waitReason = reason
        this.#onWaitReason(reason)
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

/** A server without free slots accepts a connection, answers with an error, and closes it. */
async function greet(line: Line): Promise<void> {
  try {
    await line.greet()
  } catch (error) {
    if (!/^(?:NOSCRIPT|NOPERM)\b/.test(messageOf(error))) throw error
  }
}
