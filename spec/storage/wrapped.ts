/** A storage round another, in which a spec can have a hand in each answer. */
import {
  Storage,
  type Answer,
  type Connection,
  type ConnectionListener,
  type Question,
  type SharingOptions,
} from '../../lib/fleet/index.js'

export abstract class Wrapped extends Storage {
  /** Says no more that it is up, though the storage is. */
  isDown = false
  /** In place of the storage's own. */
  ready: Promise<void> | undefined
  readonly listeners: ConnectionListener[] = []
  readonly #inner: Storage

  constructor(inner: Storage, options: SharingOptions) {
    super(options)
    this.#inner = inner
  }

  connect(listener: ConnectionListener): Connection {
    const connection = this.#inner.connect(listener)
    this.listeners.push(listener)
    const isUp = (): boolean => connection.isUp && !this.isDown
    return {
      ready: this.ready ?? connection.ready,
      get isUp() {
        return isUp()
      },
      ask: (question) => this.answer(question, () => connection.ask(question)),
      close: () => connection.close(),
    }
  }

  /** @param ask has the storage carry it out */
  protected abstract answer(question: Question, ask: () => Promise<Answer>): Promise<Answer>
}
