/** A storage that wraps another, so that a spec can change each answer. */
import { defineStorage, type SharingOptions } from '../../../lib/fleet/index.js'
import type { Answer, ConnectionListener, Question } from '../../../lib/fleet/index.js'
import type { Connect, SharedStorage } from '../../../lib/fleet/index.js'

export abstract class Wrapped implements SharedStorage {
  /** Makes it report that it is down, although the storage is up. */
  isDown = false
  /** Replaces the `ready` of the connection. */
  ready: Promise<void> | undefined
  readonly listeners: ConnectionListener[] = []
  /** The circuits that the storage has answered about, and that the connections were not to forget since. */
  readonly kept = new Set<string>()
  readonly connect: Connect
  readonly join: SharedStorage['join']

  constructor(inner: SharedStorage, options: SharingOptions) {
    this.connect = (listener) => {
      const connection = inner.connect(listener)
      this.listeners.push(listener)
      const isUp = (): boolean => connection.isUp && !this.isDown
      return {
        ready: this.ready ?? connection.ready,
        get isUp() {
          return isUp()
        },
        ask: async (question) => {
          const answer = await this.answer(question, () => connection.ask(question))
          this.kept.add(question.circuit)
          return answer
        },
        ...(connection.forces && { forces: connection.forces.bind(connection) }),
        forget: (circuit) => void this.kept.delete(circuit),
        close: () => connection.close(),
      }
    }
    this.join = defineStorage({ options, connect: this.connect }).join
  }

  /** @param ask carries the question out in the storage */
  protected abstract answer(question: Question, ask: () => Promise<Answer>): Promise<Answer>
}
