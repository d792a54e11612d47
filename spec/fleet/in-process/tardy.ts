/** A storage whose connections take their time: to be up, to answer, and to close. */
import { defineStorage, type Connect, type SharedStorage } from '../../../lib/fleet/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { PATIENT } from '../../storage/subjects.js'

export async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await Promise.resolve()
}

export class Tardy implements SharedStorage {
  readonly #memory = new MemoryStorage()
  readonly #pauses: readonly number[]
  #count = 0
  /** How many connections are not closed. */
  open = 0
  /** The circuits that the latest connection has answered about. */
  answered = new Set<string>()
  /** Answers wait for it. */
  held: Promise<void> | undefined
  readonly connect: Connect = (listener) => this.#connect(listener)
  readonly join = defineStorage({ options: PATIENT, connect: this.connect }).join

  /** @param pauses in turns of the queue of microtasks; used in turn */
  constructor(pauses: readonly number[] = [0]) {
    this.#pauses = pauses
  }

  #connect(listener: Parameters<Connect>[0]): ReturnType<Connect> {
    const connection = this.#memory.connect(listener)
    let [isReady, isClosed] = [false, false]
    this.open += 1
    const answered = (this.answered = new Set<string>())
    return {
      ready: this.#pause().then(() => void (isReady = true)),
      get isUp() {
        return isReady && connection.isUp
      },
      ask: async (question) => {
        await this.#pause()
        const answer = await connection.ask(question)
        answered.add(question.circuit)
        return answer
      },
      ...(connection.forces && { forces: connection.forces.bind(connection) }),
      close: async () => {
        await connection.close()
        await this.#pause()
        if (!isClosed) this.open -= 1
        isClosed = true
      },
    }
  }

  async #pause(): Promise<void> {
    this.#count += 1
    await this.held
    await turns(this.#pauses[this.#count % this.#pauses.length] ?? 0)
  }
}
