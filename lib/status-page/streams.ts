/**
 * All open pages. Gathers changes, and sends them to all pages at once. Timers run only while a page is open.
 */
import type { ServerResponse } from 'node:http'
import { Backlog } from './backlog.js'
import type { Board } from './board.js'
import { changeMessages, wholeMessage } from './messages.js'
import { Stream } from './stream.js'
import { Ticker } from './ticker.js'
import type { Tracked } from './tracked.js'

interface StreamsOptions {
  readonly board: Board
  /** Finds changes that no event reports. */
  readonly poll: () => void
  /** Returns the seconds until a circuit may next change without an event. */
  readonly nextPoll: () => number
  /** Seconds between keep-alives. */
  readonly heartbeat: number
}

/** The fewest seconds between two messages. */
const PAUSE = 0.25
/** A look at all circuits that took a second is not repeated for ten, so that it is a small part of what the process does. */
const REST_PER_SECOND = 10
const MS_PER_SECOND = 1000
/** A page that reads nothing for this many heartbeats is dropped. */
const PATIENCE = 2
const HEARTBEAT = ':\n\n'
/** Tells the browser to reconnect after a second. */
const RETRY = 'retry: 1000\n\n'

export class Streams {
  readonly #options: StreamsOptions
  readonly #streams = new Set<Stream>()
  readonly #news = new Backlog()
  readonly #sender = new Ticker(() => this.#send())
  readonly #poller = new Ticker(() => this.#poll())
  #sentAt = 0

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#streams.size
  }

  open(response: ServerResponse): void {
    const { board } = this.#options
    const { text, newest, missed } = board.beginning(wholeMessage)
    const stream = new Stream(response, {
      newest,
      onReady: () => this.#sendSoon(),
      onClose: () => this.#leave(stream),
    })
    this.#streams.add(stream)
    stream.send(`${RETRY}${text}`)
    if (missed) stream.miss(missed)
    if (stream.isReady) this.#sendSoon()
    this.#pollSoon(performance.now())
  }

  /** @param tracked the circuit that changed; undefined if the storage did */
  change(tracked: Tracked | undefined): void {
    if (this.#streams.size === 0) return
    this.#news.change(tracked)
    this.#sendSoon()
  }

  remove({ id }: Tracked): void {
    if (this.#streams.size === 0) return
    this.#news.remove(id)
    this.#sendSoon()
  }

  end(): void {
    for (const stream of this.#streams) stream.end()
    this.#streams.clear()
    this.#rest()
  }

  #leave(stream: Stream): void {
    const isFirstTime = this.#streams.delete(stream)
    if (isFirstTime && this.#streams.size === 0) this.#rest()
  }

  #rest(): void {
    this.#sender.stop()
    this.#poller.stop()
    this.#news.clear()
  }

  #sendSoon(): void {
    const sinceLast = (performance.now() - this.#sentAt) / MS_PER_SECOND
    this.#sender.start(Math.max(PAUSE - sinceLast, 0))
  }

  #send(): void {
    this.#sentAt = performance.now()
    const news = this.#news.take()
    const messageOf = changeMessages(this.#options.board)
    for (const stream of this.#streams) stream.tell(news, messageOf)
    const isMore = !this.#news.isEmpty || [...this.#streams].some(({ isReady }) => isReady)
    if (isMore) this.#sendSoon()
  }

  #keepAlive(now: number): void {
    this.#sentAt = now
    for (const stream of this.#streams) stream.send(HEARTBEAT)
  }

  /** @param start when the last look at the circuits began. The more of them there are, the rarer it is. */
  #pollSoon(start: number): void {
    const { heartbeat, nextPoll } = this.#options
    const next = nextPoll()
    const took = (performance.now() - start) / MS_PER_SECOND
    this.#poller.start(Math.min(heartbeat, Math.max(next, took * REST_PER_SECOND)))
  }

  #poll(): void {
    const now = performance.now()
    const heartbeat = this.#options.heartbeat * MS_PER_SECOND
    for (const stream of this.#streams) stream.check(now, heartbeat * PATIENCE)
    this.#options.poll()
    if (now - this.#sentAt >= heartbeat) this.#keepAlive(now)
    if (this.#streams.size > 0) this.#pollSoon(now)
  }
}
