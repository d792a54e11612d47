/** A storage that notes what it is asked and what it answers, in the order in which it was carried out. */
import {
  Storage,
  type Answer,
  type Connection,
  type ConnectionListener,
  type Question,
  type SharingOptions,
} from '../../lib/storage/index.js'

export interface Entry {
  readonly question: Question
  readonly answer: Answer
  /** When it was answered, in seconds. */
  readonly at: number
}

export class Recording extends Storage {
  readonly entries: Entry[] = []
  readonly #inner: Storage
  readonly #now: () => number

  constructor(inner: Storage, options: SharingOptions, now: () => number) {
    super(options)
    this.#inner = inner
    this.#now = now
  }

  connect(listener: ConnectionListener): Connection {
    const connection = this.#inner.connect(listener)
    return {
      ready: connection.ready,
      get isUp() {
        return connection.isUp
      },
      ask: async (question) => {
        const answer = await connection.ask(question)
        this.entries.push({ question, answer, at: this.#now() })
        return answer
      },
      close: () => connection.close(),
    }
  }
}
