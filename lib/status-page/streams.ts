/**
 * All open pages. Gathers changes, and sends them to all pages at once. Timers run only while a page is open.
 */
import type { ServerResponse } from 'node:http'
import { rowId, type Board, type Content } from './board.js'
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
/** The most rows in a message, of about a kilobyte each. The others wait for the next, in the order in which they changed. */
const MOST_ROWS = 100
const MS_PER_SECOND = 1000
/** A page that reads nothing for this many heartbeats is dropped. */
const PATIENCE = 2
const HEARTBEAT = ':\n\n'
/** Tells the browser to reconnect after a second. */
const RETRY = 'retry: 1000\n\n'

export class Streams {
  readonly #options: StreamsOptions
  readonly #streams = new Set<Stream>()
  readonly #changed = new Set<Tracked>()
  readonly #gone = new Set<string>()
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
    const stream = new Stream(response, this.#whole, () => this.#leave(stream))
    this.#streams.add(stream)
    stream.send(`${RETRY}${this.#whole()}`)
    this.#pollSoon()
  }

  /** @param tracked the circuit that changed; undefined if the storage did */
  change(tracked: Tracked | undefined): void {
    if (this.#streams.size === 0) return
    if (tracked) this.#changed.add(tracked)
    this.#sendSoon()
  }

  remove(tracked: Tracked): void {
    if (this.#streams.size === 0) return
    this.#changed.delete(tracked)
    this.#gone.add(rowId(tracked))
    this.#sendSoon()
  }

  end(): void {
    for (const stream of this.#streams) stream.end()
    this.#streams.clear()
    this.#rest()
  }

  readonly #whole = (): string => this.#options.board.render(wholeMessage)

  #leave(stream: Stream): void {
    const isFirstTime = this.#streams.delete(stream)
    if (isFirstTime && this.#streams.size === 0) this.#rest()
  }

  #rest(): void {
    this.#sender.stop()
    this.#poller.stop()
    this.#changed.clear()
    this.#gone.clear()
  }

  #sendSoon(): void {
    const sinceLast = (performance.now() - this.#sentAt) / MS_PER_SECOND
    this.#sender.start(Math.max(PAUSE - sinceLast, 0))
  }

  #send(): void {
    const { board } = this.#options
    const changed = [...this.#changed].slice(0, MOST_ROWS)
    const rows = changed.map((tracked) => board.row(tracked))
    this.#sendAll(message('change', { ...board.head(), rows, gone: [...this.#gone] }))
    for (const tracked of changed) this.#changed.delete(tracked)
    this.#gone.clear()
    if (this.#changed.size > 0) this.#sendSoon()
  }

  #sendAll(text: string): void {
    this.#sentAt = performance.now()
    for (const stream of this.#streams) stream.send(text)
  }

  #keepAlive(now: number): void {
    this.#sentAt = now
    for (const stream of this.#streams) stream.keepAlive(HEARTBEAT)
  }

  #pollSoon(): void {
    const { heartbeat, nextPoll } = this.#options
    this.#poller.start(Math.min(heartbeat, nextPoll()))
  }

  #poll(): void {
    const now = performance.now()
    const heartbeat = this.#options.heartbeat * MS_PER_SECOND
    for (const stream of this.#streams) stream.check(now, heartbeat * PATIENCE)
    this.#options.poll()
    if (now - this.#sentAt >= heartbeat) this.#keepAlive(now)
    if (this.#streams.size > 0) this.#pollSoon()
  }
}

function wholeMessage(content: Content): string {
  return message('whole', content)
}

/** JSON contains no line ends, so nothing in a name can end the message. */
function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
