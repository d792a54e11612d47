/** A storage round another, in which a spec can have a hand in each answer. */
import { defineStorage, type SharingOptions } from '../../../lib/fleet/index.js'
import type { Answer, ConnectionListener, Question } from '../../../lib/fleet/index.js'
import type { Connect, SharedStorage } from '../../../lib/fleet/index.js'

export abstract class Wrapped implements SharedStorage {
  /** Says no more that it is up, though the storage is. */
  isDown = false
  /** In place of the storage's own. */
  ready: Promise<void> | undefined
  readonly listeners: ConnectionListener[] = []
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
        ask: (question) => this.answer(question, () => connection.ask(question)),
        close: () => connection.close(),
      }
    }
    this.join = defineStorage({ options, connect: this.connect }).join
  }

  /** @param ask has the storage carry it out */
  protected abstract answer(question: Question, ask: () => Promise<Answer>): Promise<Answer>
}
