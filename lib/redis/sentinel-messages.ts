/**
 * Receives messages through a sentinel client of the package redis. The client subscribes by itself, since
 * it knows where the primary is and does not reveal how to connect to it. It cannot be asked whether its
 * subscription still works.
 */
import { schedule } from '../internal/timers.js'
import { methodOf, ignoringErrors, type RedisClient } from './client.js'
import { explain } from './failure-reasons.js'
import type { MessageEvents, Messages } from './subscription.js'

const REFUSED_DELAY = 1
/** Seconds between two new subscriptions because of a missed message. */
const SUSPICION_PAUSE = 30
/** Seconds: the client moves its subscription shortly after it reports that it is ready. */
const MOVE_DELAY = 1
const MS_PER_SECOND = 1000

export class SentinelMessages implements Messages {
  readonly #client: RedisClient
  readonly #events: MessageEvents
  readonly #channels = new Map<string, (text: unknown) => void>()
  readonly #subscribed = new Set<string>()
  #isOpen = false
  #suspectedAt = -Infinity
  readonly #onReady = (): void => {
    this.#resume()
    schedule(MOVE_DELAY, () => this.#resume())
  }

  constructor(client: RedisClient, events: MessageEvents) {
    this.#client = client
    this.#events = events
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#client.on('ready', this.#onReady)
    for (const channel of this.#channels.keys()) void this.#subscribe(channel)
  }

  close(): void {
    this.#isOpen = false
    this.#client.off('ready', this.#onReady)
    for (const channel of this.#subscribed) this.#unsubscribe(channel)
  }

  add(channel: string): void {
    this.#channels.set(channel, (text) => this.#events.received(channel, text))
    if (this.#isOpen) void this.#subscribe(channel)
  }

  remove(channel: string): void {
    this.#unsubscribe(channel)
    this.#channels.delete(channel)
  }

  isSubscribed(channel: string): boolean {
    return this.#subscribed.has(channel)
  }

  suspect(): void {
    const now = performance.now() / MS_PER_SECOND
    if (now - this.#suspectedAt < SUSPICION_PAUSE) return
    this.#suspectedAt = now
    for (const channel of this.#subscribed) {
      this.#unsubscribe(channel)
      void this.#subscribe(channel)
    }
  }

  missed(): void {
    this.suspect()
  }

  #resume(): void {
    if (this.#isOpen) for (const channel of this.#subscribed) this.#events.subscribed(channel)
  }

  #unsubscribe(channel: string): void {
    this.#subscribed.delete(channel)
    const listener = this.#channels.get(channel)
    ignoringErrors(() => methodOf(this.#client, 'unsubscribe')?.(channel, listener))
  }

  async #subscribe(channel: string): Promise<void> {
    const listener = this.#channels.get(channel)
    if (!this.#isOpen || !listener) return
    try {
      await methodOf(this.#client, 'subscribe')?.(channel, listener)
      if (!this.#channels.has(channel)) return this.#unsubscribe(channel)
      this.#subscribed.add(channel)
      this.#events.subscribed(channel)
    } catch (error) {
      this.#events.refused(channel, explain(error))
      schedule(REFUSED_DELAY, () => void this.#subscribe(channel))
    }
  }
}
