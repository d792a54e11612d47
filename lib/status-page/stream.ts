/** One open page. It skips messages while its connection is full, and then sends the whole content. */
import type { ServerResponse } from 'node:http'
import { isGone } from './gone.js'

/**
 * The most characters that are written at once. Nothing says how much of a write has been read, so it must be
 * small: a slow connection that takes a part of a message now and then is alive.
 */
const PART = 65_536

export class Stream {
  readonly #response: ServerResponse
  readonly #whole: () => string
  readonly #onClose: () => void
  /** What is left of the message. */
  #rest = ''
  #fullSince: number | undefined
  #hasMissed = false

  /**
   * @param whole returns the whole content as a message
   * @param onClose called once the page is closed, perhaps several times
   */
  constructor(response: ServerResponse, whole: () => string, onClose: () => void) {
    this.#response = response
    this.#whole = whole
    this.#onClose = onClose
    response.on('drain', () => this.#resume())
    response.on('close', onClose)
    response.on('error', () => undefined)
  }

  send(message: string): void {
    if (this.#fullSince === undefined) this.#write(message)
    else this.#hasMissed = true
  }

  /** Sends what nobody misses: a page that still reads a message needs no keep-alive. */
  keepAlive(message: string): void {
    if (this.#fullSince === undefined) this.#write(message)
  }

  /** Drops the page if it has read nothing for longer than that. @param patience in milliseconds */
  check(now: number, patience: number): void {
    if (this.#fullSince !== undefined && now - this.#fullSince > patience) this.#drop()
  }

  end(): void {
    this.#rest = ''
    this.#hasMissed = false
    this.#response.end()
  }

  /** @returns whether all of it is written */
  #write(message: string): boolean {
    this.#rest = message
    while (this.#rest !== '') {
      if (this.#response.write(this.#nextPart())) continue
      if (isGone(this.#response)) this.#drop()
      else this.#fullSince = performance.now()
      return false
    }
    return true
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
    this.#onClose()
  }

  #resume(): void {
    this.#fullSince = undefined
    if (!this.#write(this.#rest) || !this.#hasMissed) return
    this.#hasMissed = false
    this.#write(this.#whole())
  }
}
