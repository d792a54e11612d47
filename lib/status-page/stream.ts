/** One open page. While its connection is full it is told nothing, and afterwards what it has missed. */
import type { ServerResponse } from 'node:http'
import { Backlog, type News } from './backlog.js'
import { isGone } from './gone.js'

interface StreamOptions {
  /** The id of the newest circuit that the page has. */
  readonly newest: number
  /** Called once the page can be told what it has missed. */
  readonly onReady: () => void
  /** Called once the page is closed, perhaps several times. */
  readonly onClose: () => void
}

/**
 * The most characters that are written at once. Nothing says how much of a write has been read, so it must be
 * small: a slow connection that takes a part of a message now and then is alive.
 */
const PART = 65_536

export class Stream {
  readonly #response: ServerResponse
  readonly #options: StreamOptions
  readonly #missed = new Backlog()
  #newest: number
  /** What is left of the message. */
  #rest = ''
  #fullSince: number | undefined

  constructor(response: ServerResponse, options: StreamOptions) {
    this.#response = response
    this.#options = options
    this.#newest = options.newest
    response.on('drain', () => this.#resume())
    response.on('close', options.onClose)
    response.on('error', () => undefined)
  }

  /** Whether it has missed something, and can be told now. */
  get isReady(): boolean {
    return !this.#isFull && !this.#missed.isEmpty
  }

  /** Sends the first message, or what nobody misses: a page that still reads a message needs no keep-alive. */
  send(message: string): void {
    if (!this.#isFull) this.#write(message)
  }

  /**
   * Tells the page the news, or what it has missed before.
   *
   * @param news undefined if there are none
   * @param messageOf renders news
   */
  tell(news: News | undefined, messageOf: (news: News) => string): void {
    const isBehind = !this.#missed.isEmpty
    if (news && (isBehind || this.#isFull)) this.#missed.add(news, this.#newest)
    if (this.#isFull) return
    const next = isBehind ? this.#missed.take() : news
    if (!next) return
    this.#newest = Math.max(this.#newest, ...next.changed.map(({ id }) => id))
    this.#write(messageOf(next))
  }

  /** The first message did not have this news. */
  miss(news: News): void {
    this.#missed.add(news, this.#newest)
  }

  /** Drops the page if it has read nothing for longer than that. @param patience in milliseconds */
  check(now: number, patience: number): void {
    if (this.#fullSince !== undefined && now - this.#fullSince > patience) this.#drop()
  }

  end(): void {
    this.#rest = ''
    this.#missed.clear()
    this.#response.end()
  }

  get #isFull(): boolean {
    return this.#fullSince !== undefined
  }

  #write(message: string): void {
    this.#rest = message
    while (this.#rest !== '') {
      if (this.#response.write(this.#nextPart())) continue
      if (isGone(this.#response)) this.#drop()
      else this.#fullSince = performance.now()
      return
    }
  }

  /** Does not cut a pair of surrogates, which would make two broken characters of one. */
  #nextPart(): string {
    const isPairCut = /[\uD800-\uDBFF]/.test(this.#rest.charAt(PART - 1))
    const length = isPairCut ? PART + 1 : PART
    const part = this.#rest.slice(0, length)
    this.#rest = this.#rest.slice(length)
    return part
  }

  /** Does not wait for the event `close`, which a response without a connection never emits. */
  #drop(): void {
    this.#response.destroy()
    this.#options.onClose()
  }

  #resume(): void {
    this.#fullSince = undefined
    this.#write(this.#rest)
    if (this.isReady) this.#options.onReady()
  }
}
