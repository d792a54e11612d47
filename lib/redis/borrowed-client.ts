/** The caller's client. We listen to its events while a breaker needs it, and then remove our listeners. */
import { isIORedis, isOpen, isReady, type RedisClient } from './client.js'
import { schedule } from '../internal/timers.js'
import { explain, NOT_CONNECTED } from './failure-reasons.js'

/** Seconds between two checks of a client that may not report when it is connected, such as a pool. */
const LOOK_PERIOD = 0.5

export interface BorrowedClientEvents {
  /** The client connected or reconnected. */
  onReady(): void
  /** The client was closed for good, or was never connected. @param error the reason */
  onEnd(error: Error): void
  onError(error: unknown): void
}

export class BorrowedClient {
  readonly #client: RedisClient
  readonly #listeners: readonly (readonly [string, (error?: unknown) => void])[]
  readonly #events: BorrowedClientEvents
  #cancelLook: (() => void) | undefined

  constructor(client: RedisClient, events: BorrowedClientEvents) {
    this.#client = client
    this.#events = events
    const onReady = (): void => events.onReady()
    const onEnd = (): void => events.onEnd(new Error('The client was closed'))
    this.#listeners = [
      // Without a listener, an error would end the process.
      ['error', (error) => events.onError(explain(error))],
      ['ready', onReady],
      ['end', onEnd],
      // A cluster emits these for each node and for itself.
      ['node-ready', onReady],
      ['disconnect', onEnd],
    ]
  }

  watch(): void {
    for (const [event, listener] of this.#listeners) this.#client.on(event, listener)
    if (isConnected(this.#client)) this.#events.onReady()
    else this.#lookAgain()
    if (isClosed(this.#client)) this.#events.onEnd(new Error(NOT_CONNECTED))
  }

  release(): void {
    this.#cancelLook?.()
    for (const [event, listener] of this.#listeners) this.#client.off(event, listener)
  }

  #lookAgain(): void {
    this.#cancelLook = schedule(LOOK_PERIOD, () => {
      if (isConnected(this.#client)) this.#events.onReady()
      else this.#lookAgain()
    })
  }
}

/** A client of ioredis may connect with its first command. Our duplicates need not wait for that. */
function isConnected(client: RedisClient): boolean {
  return isIORedis(client) ? client.status !== 'end' : isReady(client)
}

function isClosed(client: RedisClient): boolean {
  return isIORedis(client) ? client.status === 'end' : !isOpen(client)
}
