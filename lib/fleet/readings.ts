/** Which circuits are to be read, and reads them: one to know whether the storage answers, the rest in batches. */
import { isCircuitError } from '../internal/errors.js'
import type { Answer } from '../storage/contract.js'
import { schedule } from '../internal/timers.js'

/** Reads under way at once: enough to keep a round trip busy, few enough to leave the event loop free. */
const BATCH = 200
/** Seconds by which the processes of a fleet spread the reads of many circuits. */
const SPREAD = 0.3

export interface Readable {
  /** @param deadline in seconds */
  read(deadline: number): Promise<Answer>
  /** Takes an answer over. @param askedAt when the storage was asked, by the process's own clock */
  readFrom(answer: Answer, askedAt: number): void
  /** The storage answers, but not about this circuit. */
  beAlone(error: unknown): void
}

export interface ReadingsOptions {
  readonly now: () => number
  readonly permitDeadline: number
  readonly commandDeadline: number
}

export class Readings<Circuit extends Readable> {
  readonly #options: ReadingsOptions
  readonly #unread = new Set<Circuit>()
  #reading: Promise<void> | undefined

  constructor(options: ReadingsOptions) {
    this.#options = options
  }

  add(circuits: Iterable<Circuit>): void {
    for (const circuit of circuits) this.#unread.add(circuit)
  }

  delete(circuit: Circuit): void {
    this.#unread.delete(circuit)
  }

  /** As short as a probe's, unless a deadline is given: a slow storage stays lost. */
  async readFirst(deadline = this.#options.permitDeadline): Promise<() => void> {
    const [first] = this.#unread
    return first ? this.#read(first, deadline) : () => undefined
  }

  /** Reads all that is to be read, also what is added meanwhile. */
  readRest(deadline = this.#options.commandDeadline): Promise<void> {
    this.#reading ??= this.#readAll(deadline).finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readAll(deadline: number): Promise<void> {
    if (this.#unread.size > BATCH) await pause(Math.random() * SPREAD)
    while (this.#unread.size > 0) {
      const batch = [...this.#unread].slice(0, BATCH)
      await Promise.all(
        batch.map(async (circuit) => {
          const adopt = await this.#read(circuit, deadline)
          adopt()
        }),
      )
    }
  }

  /** One that was not answered is to be read again; so is one that is added while it is read. */
  async #read(circuit: Circuit, deadline: number): Promise<() => void> {
    this.#unread.delete(circuit)
    const askedAt = this.#options.now()
    try {
      const answer = await circuit.read(deadline)
      return () => circuit.readFrom(answer, askedAt)
    } catch (error) {
      if (isCircuitError(error)) return () => circuit.beAlone(error)
      this.#unread.add(circuit)
      throw error
    }
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    schedule(seconds, resolve)
  })
}
