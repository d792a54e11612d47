/** One open page. It skips messages while its connection is full, and then sends the whole content. */
import type { ServerResponse } from 'node:http'
import { isGone } from './gone.js'

export class Stream {
  readonly #response: ServerResponse
  readonly #whole: () => string
  readonly #onClose: () => void
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

  /** Drops the page if it has read nothing for longer than that. @param patience in milliseconds */
  check(now: number, patience: number): void {
    if (this.#fullSince !== undefined && now - this.#fullSince > patience) this.#drop()
  }

  end(): void {
    this.#response.end()
  }

  #write(message: string): void {
    if (this.#response.write(message)) return
    if (isGone(this.#response)) return this.#drop()
    this.#fullSince = performance.now()
  }

  /** Does not wait for the event `close`, which a response without a connection never emits. */
  #drop(): void {
    this.#response.destroy()
    this.#onClose()
  }

  #resume(): void {
    this.#fullSince = undefined
    if (!this.#hasMissed) return
    this.#hasMissed = false
    this.#write(this.#whole())
  }
}
