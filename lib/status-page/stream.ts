/** One open page. It skips messages while its connection is full, and then sends the whole content. */
import type { ServerResponse } from 'node:http'

export class Stream {
  readonly #response: ServerResponse
  readonly #whole: () => string
  #fullSince: number | undefined
  #hasMissed = false

  /** @param whole returns the whole content as a message */
  constructor(response: ServerResponse, whole: () => string, onClose: () => void) {
    this.#response = response
    this.#whole = whole
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
    if (this.#fullSince !== undefined && now - this.#fullSince > patience) this.#response.destroy()
  }

  end(): void {
    this.#response.end()
  }

  #write(message: string): void {
    if (this.#response.write(message)) return
    this.#fullSince = performance.now()
  }

  #resume(): void {
    this.#fullSince = undefined
    if (!this.#hasMissed) return
    this.#hasMissed = false
    this.#write(this.#whole())
  }
}
