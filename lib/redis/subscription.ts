/**
 * Receives messages over our own connection, which carries no commands. A `PING` checks from time to time
 * that it still works.
 */
import { property } from '../internal/property.js'
import { schedule } from '../internal/timers.js'
import type { RedisClient } from './client.js'
import { Deafness } from './deafness.js'
import { explain } from './failure-reasons.js'
import type { Line, MakeLine } from './line.js'
import { OwnConnection } from './own-connection.js'
import { withBackgroundTimeout } from './timeouts.js'

const MS_PER_SECOND = 1000
/** Seconds until a refused subscription is tried again: it may be allowed by then. */
const REFUSED_DELAY = 1
/** Seconds between two checks that were asked for, and how long such a check waits for the answer. */
const SUSPICION_PAUSE = 2
const SUSPICION_LIMIT = 2
const DEAF = 'The connection for messages brings none: replacing it'
const NO_PONG = 'The connection for messages does not answer: replacing it'

export interface MessageEvents {
  received(channel: string, text: unknown): void
  /** Messages arrive from now on. Earlier ones may have been missed. */
  subscribed(channel: string): void
  /** The subscription was refused. It is tried again, since it may be allowed later. */
  refused(channel: string, error: unknown): void
  /** There is no connection yet. @param error the reason */
  trouble(error: unknown): void
}

export interface Messages {
  open(): void
  close(): void
  add(channel: string): void
  remove(channel: string): void
  isSubscribed(channel: string): boolean
  /** The connection may have died: checks whether it works. */
  suspect(): void
  /** A message never arrived. */
  missed(): void
}

export interface PingOptions {
  /** Seconds between two checks. */
  readonly period: number
  /** Seconds to wait for the answer. */
  readonly limit: number
}

export const DEFAULT_PINGS: PingOptions = { period: 15, limit: 5 }

/** If the caller's client detects a dead connection sooner, so does its duplicate. */
export function pingOptionsFor(client: RedisClient): PingOptions {
  const options = property(client, 'options')
  const pingInterval = seconds(property(options, 'pingInterval'))
  const socketTimeout = seconds(property(property(options, 'socket'), 'socketTimeout'))
  return {
    period: Math.min(DEFAULT_PINGS.period, pingInterval, socketTimeout / 2),
    limit: Math.min(DEFAULT_PINGS.limit, socketTimeout / 2),
  }
}

function seconds(ms: unknown): number {
  return typeof ms === 'number' && ms > 0 ? ms / MS_PER_SECOND : Infinity
}

export class Subscription implements Messages {
  readonly #events: MessageEvents
  readonly #pings: PingOptions
  readonly #own: OwnConnection
  /** The channels, and whether each is subscribed. */
  readonly #channels = new Map<string, boolean>()
  readonly #deafness = new Deafness()
  #suspectedAt = -Infinity
  #cancelSuspicion: (() => void) | undefined
  #cancelCheck: (() => void) | undefined

  constructor(make: MakeLine, patience: PingOptions, events: MessageEvents) {
    this.#events = events
    this.#pings = patience
    const trouble = (error: unknown): void => {
      for (const channel of this.#channels.keys()) this.#channels.set(channel, false)
      events.trouble(error)
    }
    this.#own = new OwnConnection(make, {
      onReady: (line) => {
        this.#deafness.reset()
        for (const channel of this.#channels.keys()) void this.#subscribe(line, channel)
      },
      onLost: trouble,
      onTrouble: trouble,
    })
  }

  open(): void {
    this.#own.open()
    this.#cancelCheck ??= schedule(this.#pings.period, () => void this.#checkAgain())
  }

  close(): void {
    this.#own.close()
    this.#cancelCheck?.()
    this.#cancelCheck = undefined
    this.#cancelSuspicion?.()
    this.#cancelSuspicion = undefined
    for (const channel of this.#channels.keys()) this.#channels.set(channel, false)
  }

  /** Connects anew. @param reason that the events show */
  replace(reason: Error): void {
    this.#own.replace(reason)
  }

  add(channel: string): void {
    this.#channels.set(channel, false)
    const { line } = this.#own
    if (line) void this.#subscribe(line, channel)
  }

  remove(channel: string): void {
    this.#channels.delete(channel)
    this.#own.line?.unsubscribe(channel).catch(() => undefined)
  }

  isSubscribed(channel: string): boolean {
    return this.#channels.get(channel) === true
  }

  suspect(): void {
    if (this.#cancelSuspicion || !this.#own.line) return
    const wait = this.#suspectedAt + SUSPICION_PAUSE - performance.now() / MS_PER_SECOND
    this.#cancelSuspicion = schedule(Math.max(0, wait), () => {
      this.#cancelSuspicion = undefined
      this.#suspectedAt = performance.now() / MS_PER_SECOND
      void this.#check(Math.min(SUSPICION_LIMIT, this.#pings.limit))
    })
  }

  missed(): void {
    // A connection that has died answers no PING, and is replaced before this one is called deaf.
    if (this.#deafness.missed()) this.replace(new Error(DEAF))
    else this.suspect()
  }

  #received(channel: string, text: unknown): void {
    this.#deafness.reset()
    this.#events.received(channel, text)
  }

  async #subscribe(line: Line, channel: string): Promise<void> {
    const isWanted = (): boolean => line === this.#own.line && this.#channels.has(channel)
    try {
      const subscribing = line.subscribe(channel, (text) => this.#received(channel, text))
      await this.#replaceIfSilent(line, this.#pings.limit, subscribing)
      if (!isWanted()) return
      this.#channels.set(channel, true)
      this.#events.subscribed(channel)
    } catch (error) {
      if (!isWanted()) return
      this.#events.refused(channel, explain(error))
      schedule(REFUSED_DELAY, () => isWanted() && void this.#subscribe(line, channel))
    }
  }

  async #checkAgain(): Promise<void> {
    this.#cancelCheck = schedule(this.#pings.period, () => void this.#checkAgain())
    await this.#check(this.#pings.limit)
  }

  async #check(limit: number): Promise<void> {
    const { line } = this.#own
    // If the server answers with an error, that proves as much as a PONG.
    if (line) await this.#replaceIfSilent(line, limit, line.ping()).catch(() => undefined)
  }

  async #replaceIfSilent(line: Line, limit: number, answer: Promise<unknown>): Promise<void> {
    const deaf = new Error(NO_PONG)
    try {
      await withBackgroundTimeout(limit, answer, NO_PONG)
    } catch (error) {
      if (property(error, 'message') === NO_PONG && line === this.#own.line) this.#own.replace(deaf)
      throw error
    }
  }
}
