/** Which circuits are to be read, and reads them: one to know whether the storage answers, the rest in batches. */
import { isCircuitError } from '../internal/errors.js'
import { schedule } from '../internal/timers.js'

/** Reads under way at once: enough to keep a round trip busy, few enough to leave the event loop free. */
const BATCH = 200
/** Seconds by which the processes of a fleet spread the reads of many circuits. */
const SPREAD = 0.3

export interface Readable {
  /** Rejects if the storage does not answer. @param deadline in seconds. @returns what takes the answer over */
  read(deadline: number): Promise<() => void>
}

export interface ReadingsOptions {
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

  /** Whether there is anything to be read. */
  get isDue(): boolean {
    return this.#unread.size > 0
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
    try {
      return await circuit.read(deadline)
    } catch (error) {
      // By itself it knows that it is alone, and the storage is up.
      if (isCircuitError(error)) return () => undefined
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
