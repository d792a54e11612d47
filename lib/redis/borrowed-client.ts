/** The caller's client: listened to for as long as it is needed, and then left as it was. */
import { isIORedis, isOpen, isReady, type RedisClient } from './client.js'
import { schedule } from '../internal/timers.js'
import { explain, NOT_CONNECTED } from './failure-reasons.js'

/** Seconds between two looks at a client that may not say when it is connected, such as a pool. */
const LOOK_PERIOD = 0.5

export interface BorrowedClientEvents {
  /** It is connected, or connected anew. */
  onReady(): void
  /** It was closed, by its owner or for good, or was never connected: why. */
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
      // Without a listener an error ends the process: Redis must never hurt.
      ['error', (error) => events.onError(explain(error))],
      ['ready', onReady],
      ['end', onEnd],
      // Of a cluster, for its nodes and for all of it.
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

/** One of ioredis connects with its first command: ours need not wait for that. */
function isConnected(client: RedisClient): boolean {
  return isIORedis(client) ? client.status !== 'end' : isReady(client)
}

function isClosed(client: RedisClient): boolean {
  return isIORedis(client) ? client.status === 'end' : !isOpen(client)
}
