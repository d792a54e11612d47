/** Our own connection to Redis. It reconnects whenever it is lost, and does not keep the process alive. */
import { schedule } from '../internal/timers.js'
import { Attempt } from './attempt.js'
import { explain, explainConnectError } from './failure-reasons.js'
import type { Line, MakeLine } from './line.js'

const MS_PER_SECOND = 1000
const FIRST_RETRY = 0.025
const LAST_RETRY = 2
/** Seconds between two connections that we drop on purpose. */
const REPLACE_PAUSE = 1

export interface OwnConnectionEvents {
  /** The line can be used from now on, until it is lost. */
  onReady(line: Line): void
  /** The line was ready, and was lost. */
  onLost(error: unknown): void
  /** An attempt to connect failed, or takes long. */
  onTrouble(error: unknown): void
}

export class OwnConnection {
  readonly #make: MakeLine
  readonly #events: OwnConnectionEvents
  /** The attempt under way, or the one that made the current line. */
  #attempt: Attempt | undefined
  #isReady = false
  #isOpen = false
  #fails = 0
  #replacedAt = -Infinity
  #cancelRetry: (() => void) | undefined

  constructor(make: MakeLine, events: OwnConnectionEvents) {
    this.#make = make
    this.#events = events
  }

  /** The line that can be used; undefined if there is none. */
  get line(): Line | undefined {
    return this.#isReady ? this.#attempt?.line : undefined
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#fails = 0
    void this.#connect()
  }

  close(): void {
    this.#isOpen = false
    this.#cancelRetry?.()
    this.#drop()
  }

  /**
   * Drops the connection, or the attempt to make one, and makes another: at once, but at most about once a
   * second.
   */
  replace(error: unknown): void {
    if (!this.#isOpen) return
    const now = performance.now() / MS_PER_SECOND
    const wait = Math.max(0, this.#replacedAt + REPLACE_PAUSE - now)
    this.#replacedAt = now + wait
    this.#fails = 0
    this.#lose(error, wait)
  }

  async #connect(): Promise<void> {
    const attempt = new Attempt(this.#make, (error) => {
      if (this.#isReady && attempt === this.#attempt) this.#lose(error, FIRST_RETRY)
    })
    this.#attempt = attempt
    const isCurrent = (): boolean => attempt === this.#attempt
    try {
      await attempt.run(
        (error) => isCurrent() && this.#events.onTrouble(explainConnectError(error)),
      )
      if (isCurrent()) this.#succeed()
    } catch (error) {
      if (isCurrent()) this.#fail(error)
    }
  }

  #succeed(): void {
    this.#fails = 0
    this.#isReady = true
    if (this.line) this.#events.onReady(this.line)
  }

  #fail(error: unknown): void {
    this.#drop()
    this.#retryIn(FIRST_RETRY * 2 ** Math.min(this.#fails, 10))
    this.#fails += 1
    this.#events.onTrouble(explainConnectError(error))
  }

  #lose(error: unknown, wait: number): void {
    const wasReady = this.#isReady
    this.#drop()
    this.#retryIn(wait)
    if (wasReady) this.#events.onLost(explain(error))
    else this.#events.onTrouble(explain(error))
  }

  /** Adds jitter, so that the processes of a fleet do not reconnect all at once. */
  #retryIn(seconds: number): void {
    this.#cancelRetry?.()
    const wait = Math.min(seconds, LAST_RETRY) * (1 + Math.random())
    this.#cancelRetry = schedule(Math.min(wait, LAST_RETRY), () => void this.#connect())
  }

  #drop(): void {
    const attempt = this.#attempt
    this.#isReady = false
    this.#attempt = undefined
    attempt?.abandon()
  }
}
