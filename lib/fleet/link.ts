/** The only way to the storage. It alone decides whether the storage is up. */
import { isCircuitError, messageOf } from '../internal/errors.js'
import type { Answer, Question } from '../storage/contract.js'
import { Connector } from './connector.js'
import { linkListener } from './link-listener.js'
import type { Asked, LinkOptions, Send } from './link-options.js'
import { Joining } from './joining.js'
import { IDLE, UP, type LinkState } from './link-state.js'
import { Loss } from './loss.js'
import { Questions } from './questions.js'

export class Link {
  readonly #options: LinkOptions
  readonly #questions: Questions
  readonly #connector: Connector
  #state: LinkState = IDLE
  /** How many times the storage was found. */
  #found = 0
  /** Set while connecting or connected. After a failure it is unset, so the next `init()` tries again. */
  #joined: Promise<void> | undefined
  /** The last one that has begun. `close()` abandons it, even if it is over. */
  #joining: Joining | undefined

  constructor(options: LinkOptions) {
    const { publisher, now, connect, on } = options
    const listener = linkListener({
      on,
      catchUp: () => this.catchUp(),
      resumed: () => this.#resume(),
      lost: (reason, isDown) => this.#dropped(reason, isDown),
    })
    this.#options = options
    this.#connector = new Connector(connect, listener)
    this.#questions = new Questions({ publisher, now, onThaw: () => this.#loss?.retryNow() })
  }

  get isUp(): boolean {
    return this.#state === UP
  }

  /** Connects, and reads all circuits. @param deadline in seconds. @throws Error with the reason */
  init(deadline: number): Promise<void> {
    this.#joined ??= this.#join((this.#joining = new Joining(this.#loss)), deadline)
    return this.#joined
  }

  /**
   * Asks the storage, and rejects at the deadline. Then, as after any other error, the storage is lost.
   *
   * @param late called with an answer that comes after the deadline
   */
  readonly ask = (question: Question, late?: (answer: Answer) => void): Promise<Answer> =>
    this.askBy((to) => to.ask(question), question, late)

  /** The same for a question of any kind. */
  readonly askBy = <Reply>(send: Send<Reply>, asked: Asked, late?: (reply: Reply) => void) =>
    this.#questions.track(this.#askBy(send, asked, late))

  readonly drain = (): Promise<void> => this.#questions.drain()

  /** Call this if something needs the storage now, and goes on without it: the loss is published at once. */
  readonly miss = (): void => this.#loss?.publishOnce()

  /** Reads all circuits that are due, if the storage is up. If it does not answer, they stay due. */
  catchUp(): void {
    if (this.isUp) this.#options.readings.catchUp()
  }

  /** Call this after a circuit is detached, and after each later answer about it. */
  forget(circuit: string): void {
    this.#connector.connection?.forget?.(circuit)
  }

  /** Ends the connection. Afterwards nothing is asked, and no message arrives. */
  async close(): Promise<void> {
    const before = this.#state
    this.#joined = undefined
    this.#state = IDLE
    this.#joining?.abandon()
    if (before.name === 'lost') before.abandon()
    if (before.name === 'up') this.#options.on.lost()
    await this.#connector.close()
  }

  get #loss(): Loss | undefined {
    return this.#state instanceof Loss ? this.#state : undefined
  }

  async #join(joining: Joining, deadline: number): Promise<void> {
    try {
      await joining.end(this.#enter(joining, deadline), deadline)
    } catch (error) {
      if (joining.isAbandoned || !this.isUp) throw this.#fail(error, deadline, joining)
    }
  }

  async #enter(joining: Joining, deadline: number): Promise<void> {
    const { on, readings } = this.#options
    if (this.isUp) {
      // A call of init() failed, and a retry has found the storage since.
      on.missed()
      return readings.readRest(deadline)
    }
    on.lost()
    this.#state = joining
    await this.#connector.open()
    // Joining was given up in the meantime: from then on, the loss looks for the storage.
    if (this.#state !== joining) return
    const adopt = await readings.readFirst(deadline)
    if (this.#state !== joining) return
    this.#find()
    joining.before?.end()
    adopt()
    // A process that starts is busy, so each of its thousands of circuits gets as much time as the first.
    await readings.readRest(deadline)
  }

  #find(): void {
    this.#state = UP
    this.#found += 1
    this.#questions.startOver()
  }

  #fail(cause: unknown, deadline: number, joining: Joining): Error {
    const reason = this.#connector.reasonOf(cause)
    // Since close(), everything here belongs to the next call of init(), if there was one.
    if (!joining.isAbandoned) this.#giveUp(reason, joining.before)
    return joining.errorOf(reason, deadline, cause)
  }

  #giveUp(reason: string, before: Loss | undefined): void {
    this.#joined = undefined
    if (!this.#connector.connection) return
    // If the storage was found and lost again in the meantime, that loss goes on.
    this.#lose(reason, this.#loss ?? before)
    this.miss()
  }

  /** The connection cannot be used, or not for messages. */
  #dropped(reason: string, isDown = false): void {
    this.#connector.note(reason)
    this.#note(reason)
    if (isDown) this.miss()
  }

  /** The connection receives messages again, and may have missed some. */
  #resume(): void {
    if (!this.isUp) return this.#loss?.retryNow()
    this.#options.on.missed()
    this.catchUp()
  }

  /** Records that the storage cannot be used, and why. */
  #note(reason: string): void {
    if (this.isUp) this.#lose(reason)
    else this.#loss?.renew(reason)
  }

  #lose(reason: string, before?: Loss): void {
    const { publisher, now, on } = this.#options
    const onRetry = (loss: Loss): void => void this.#retry(loss)
    const loss = before ?? new Loss(reason, { publisher, now, onPublish: on.distrusted, onRetry })
    this.#state = loss
    on.lost()
    loss.renew(reason)
    loss.retrySoon()
  }

  async #retry(loss: Loss): Promise<void> {
    try {
      if (!this.#connector.isUp || !this.#questions.mayTry()) throw new Error(loss.reason)
      const adopt = await this.#options.readings.readFirst()
      if (loss !== this.#state) return
      this.#find()
      loss.end()
      adopt()
      this.catchUp()
    } catch {
      if (loss === this.#state) loss.retryLater()
    }
  }

  async #askBy<Reply>(send: Send<Reply>, { op, deadline }: Asked, late?: (reply: Reply) => void) {
    const [connection, found] = [this.#connector.connection, this.#found]
    try {
      return await this.#questions.await(send(this.#connector.use()), deadline, late)
    } catch (error) {
      // If the storage was lost and found since, it has answered a later question.
      const isCurrent = connection === this.#connector.connection && found === this.#found
      // An error of one circuit, such as a key of a wrong type, says nothing about the storage.
      if (isCurrent && !isCircuitError(error)) {
        this.#note(messageOf(error))
        // Nothing waits for a read in the background.
        if (op !== 'read') this.miss()
      }
      throw error
    }
  }
}
