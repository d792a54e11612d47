/** A connection of ours, made anew whenever it is lost. Nothing of it keeps the process alive. */
import { schedule } from '../internal/timers.js'
import { Attempt } from './attempt.js'
import { explain, explainConnectError } from './failure-reasons.js'
import type { Line, MakeLine } from './line.js'

const MS_PER_SECOND = 1000
const FIRST_RETRY = 0.025
const LAST_RETRY = 2
/** Seconds between two connections that we give up ourselves. */
const REPLACE_PAUSE = 1

export interface OwnConnectionEvents {
  /** It can be used from here on, until it is lost. */
  onReady(line: Line): void
  /** It was ready, and is so no more. */
  onLost(error: unknown): void
  /** An attempt has failed, or takes long. */
  onTrouble(error: unknown): void
}

export class OwnConnection {
  readonly #make: MakeLine
  readonly #events: OwnConnectionEvents
  /** That is under way, or has brought the line in use. */
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

  /** Undefined while there is none that can be used. */
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

  /** Throws the connection away, and makes another: at once, but not more than about once a second. */
  replace(error: unknown): void {
    if (!this.#isReady) return
    const now = performance.now() / MS_PER_SECOND
    const wait = Math.max(0, this.#replacedAt + REPLACE_PAUSE - now)
    this.#replacedAt = now + wait
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
    this.#drop()
    this.#retryIn(wait)
    this.#events.onLost(explain(error))
  }

  /** Never all processes of a fleet at once. */
  #retryIn(seconds: number): void {
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
