/**
 * The one way to the storage, as a machine of four states:
 *
 *   idle ──init()──▶ joining ──the storage answers──▶ up ◀──┐
 *                       │                             │     │ the storage answers
 *                       └───── it does not ─────▶ lost ◀────┘ ──retried──▶
 *
 * `close()` leads back to idle from everywhere.
 */
import type { LinkOptions } from './link-options.js'
import { Loss } from './loss.js'
import { Questions } from './questions.js'
import { isCircuitError, messageOf } from '../internal/errors.js'
import type { Answer, Connection, ConnectionListener, Question } from '../storage/contract.js'
import { withTimeout } from '../internal/timers.js'

type State =
  | { readonly name: 'idle' }
  | { readonly name: 'joining' }
  | { readonly name: 'up' }
  | Loss

const IDLE: State = { name: 'idle' }
const UP: State = { name: 'up' }

export class Link {
  readonly #options: LinkOptions
  readonly #questions: Questions
  #state: State = IDLE
  #connection: Connection | undefined
  /** What the connection last complained of while it was being made. */
  #trouble = ''
  /** Ends with the reason if `close()` is called while the storage is joined. */
  #abandon: (error: Error) => void = () => undefined

  constructor(options: LinkOptions) {
    const { publisher, now } = options
    this.#options = options
    this.#questions = new Questions({ publisher, now, onThaw: () => this.#retryNow() })
  }

  get isUp(): boolean {
    return this.#state === UP
  }

  /** Connects, and reads all circuits. @param deadline in seconds. @throws Error that says why not */
  async join(deadline: number): Promise<void> {
    const before = this.#loss
    before?.abandon()
    const joining: State = { name: 'joining' }
    this.#state = joining
    const abandoned = new Promise<never>((_resolve, reject) => (this.#abandon = reject))
    abandoned.catch(() => undefined)
    try {
      const entered = Promise.race([this.#enter(deadline, joining, before), abandoned])
      await withTimeout(deadline, entered, 'it took too long')
    } catch (error) {
      if (!this.isUp) throw this.#fail(error, deadline, before)
    }
  }

  /**
   * Asks, and rejects at the deadline: from then on, as after any other error, the storage is lost.
   *
   * @param late what is to be done with an answer that comes after all
   */
  ask(question: Question, late?: (answer: Answer) => void): Promise<Answer> {
    return this.#questions.track(this.#ask(question, late))
  }

  readonly drain = (): Promise<void> => this.#questions.drain()

  /** Something would have asked the storage now, and goes on without it. */
  readonly miss = (): void => this.#loss?.tell()

  /** From here on there is nothing to ask, and nothing to be told. */
  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    this.#loss?.abandon()
    this.#state = IDLE
    this.#abandon(new Error('the breaker was closed'))
    await connection?.close()
  }

  get #loss(): Loss | undefined {
    return this.#state instanceof Loss ? this.#state : undefined
  }

  async #enter(deadline: number, joining: State, before: Loss | undefined): Promise<void> {
    this.#trouble = ''
    // What was refused at the last call may be allowed by now, and is to be tried at once.
    if (this.#connection && !this.#connection.isUp) {
      await this.#connection.close()
      this.#connection = undefined
    }
    const connection = (this.#connection ??= this.#options.connect(this.#listener))
    if (!connection.isUp) await connection.ready
    // Given up meanwhile: what looks for the storage from then on is the loss.
    if (this.#state !== joining) return
    const adopt = await this.#options.circuits.readFirst(deadline)
    if (this.#state !== joining) return
    this.#state = UP
    before?.end()
    adopt()
    // A process that starts is busy: no circuit of thousands is to be answered sooner than the first.
    await this.#options.circuits.readRest(deadline)
  }

  #fail(error: unknown, deadline: number, before: Loss | undefined): Error {
    const what = messageOf(error)
    const isNews = this.#trouble !== '' && !what.includes(this.#trouble)
    const reason = isNews ? `${what} (${this.#trouble})` : what
    if (this.#connection) {
      this.#lose(reason, before)
      this.miss()
    }
    const message = `The storage cannot be used, asked for at most ${deadline} s: ${reason}`
    return new Error(message, { cause: error })
  }

  readonly #listener: ConnectionListener = {
    pushed: (name, snapshot, process) => this.#options.heard.pushed(name, snapshot, process),
    hinted: (name) => this.#options.heard.hinted(name),
    resumed: () => this.#resume(),
    lost: (reason, isDown = false) => {
      this.#trouble = reason
      if (this.isUp) this.#lose(reason)
      else this.#loss?.renew(reason)
      if (isDown) this.miss()
    },
  }

  /** Messages are heard again, and some may have been missed. */
  #resume(): void {
    if (!this.isUp) return this.#retryNow()
    this.#options.circuits.missed()
    this.#readRest()
  }

  #lose(reason: string, before?: Loss): void {
    const { circuits } = this.#options
    const loss = before ?? new Loss(reason, { ...this.#options, onTold: () => circuits.lost() })
    this.#state = loss
    loss.renew(reason)
    loss.retrySoon(() => void this.#retry(loss))
    circuits.missed()
  }

  /** The storage says that it is there: no need to wait for the next try. */
  #retryNow(): void {
    const loss = this.#loss
    if (!loss?.isWaiting) return
    loss.pause()
    void this.#retry(loss)
  }

  async #retry(loss: Loss): Promise<void> {
    try {
      if (!this.#connection?.isUp || this.#questions.areTooMany) throw new Error(loss.reason)
      const adopt = await this.#options.circuits.readFirst()
      if (loss !== this.#state) return
      this.#state = UP
      loss.end()
      adopt()
      this.#readRest()
    } catch {
      if (loss === this.#state) loss.retryLater(() => void this.#retry(loss))
    }
  }

  /** If the storage does not answer, it is lost, and what is left is read when it is found. */
  #readRest(): void {
    this.#options.circuits.readRest().catch(() => undefined)
  }

  async #ask(question: Question, late?: (answer: Answer) => void): Promise<Answer> {
    const connection = this.#connection
    try {
      if (!connection?.isUp) throw new Error(this.#trouble || 'The storage is not connected')
      return await this.#questions.await(connection.ask(question), question.deadline, late)
    } catch (error) {
      if (connection && connection === this.#connection) this.#noteError(error, question)
      throw error
    }
  }

  /** An error of one circuit, such as a key of a wrong type, says nothing of the storage. */
  #noteError(error: unknown, { op }: Question): void {
    if (isCircuitError(error)) return
    const reason = messageOf(error)
    if (this.isUp) this.#lose(reason)
    else this.#loss?.renew(reason)
    // A read in the background is none that anything waits for.
    if (op !== 'read') this.miss()
  }
}
