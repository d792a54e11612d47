/**
 * Reads the circuits that are due: one first, to see whether the storage answers, then the rest in batches.
 */
import { isCircuitError } from '../internal/errors.js'
import { schedule } from '../internal/timers.js'

/** On starting, reads at the same time: enough to fill a round trip, few enough to keep the event loop free. */
const BATCH = 200
/**
 * Later, a whole fleet may have to read all of its circuits at the same moment, and each answer has a deadline. So
 * a process reads as few at a time, unless it would then need more than so many round trips.
 */
const SMALL_BATCH = 5
const ROUND_TRIPS = 40
/** Seconds for each circuit, over which the processes of a fleet spread their reads, and how many at most. */
const SPREAD_EACH = 0.01
const SPREAD = 0.3

export interface Readable {
  /**
   * Rejects if the storage does not answer. @param deadline in seconds. @returns a function that adopts the
   * answer
   */
  read(deadline: number): Promise<() => void>
}

export interface ReadingsOptions {
  readonly permitDeadline: number
  readonly commandDeadline: number
}

export class Readings<Circuit extends Readable> {
  readonly #options: ReadingsOptions
  readonly #unread = new Set<Circuit>()
  /** The circuit about which the storage last did not answer. Others may be on another server, which does. */
  #doubted: Circuit | undefined
  #reading: Promise<void> | undefined
  #losses = 0

  constructor(options: ReadingsOptions) {
    this.#options = options
  }

  add(circuits: Iterable<Circuit>): void {
    for (const circuit of circuits) this.#unread.add(circuit)
  }

  delete(circuit: Circuit): void {
    this.#unread.delete(circuit)
    if (circuit === this.#doubted) this.#doubted = undefined
  }

  /** The storage has not answered a question about this circuit, so it is read first. */
  doubt(circuit: Circuit): void {
    this.#doubted = circuit
  }

  /** Uses the short deadline of probes unless the caller gives one, so that a slow storage stays lost. */
  async readFirst(deadline = this.#options.permitDeadline): Promise<() => void> {
    const [next] = this.#unread
    const first = this.#doubted ?? next
    return first ? this.#read(first, deadline) : () => undefined
  }

  /** Begins to read what is due, unless that is under way: a promise that waits would cost memory for each call. */
  catchUp(): void {
    if (this.#unread.size === 0 || this.#reading) return
    this.readRest(this.#options.commandDeadline, true).catch(() => undefined)
  }

  /** The storage was lost: the reads under way prove nothing, and the next call reads all that is due anew. */
  abandon(): void {
    this.#losses += 1
    this.#reading = undefined
  }

  /**
   * Reads all circuits that are due, including those that are added in the meantime. Rejects after `abandon()`.
   *
   * @param isGentle whether the rest of the fleet may read as well
   */
  readRest(deadline = this.#options.commandDeadline, isGentle = false): Promise<void> {
    const losses = this.#losses
    this.#reading ??= this.#readAll(deadline, isGentle, losses).finally(() => {
      if (losses === this.#losses) this.#reading = undefined
    })
    return this.#reading
  }

  async #readAll(deadline: number, isGentle: boolean, losses: number): Promise<void> {
    const { size } = this.#unread
    let most = isGentle ? gentleBatch(size) : BATCH
    const spread = isGentle ? SPREAD_EACH * size : SPREAD
    if (size > most) await pause(Math.random() * Math.min(SPREAD, spread))
    while (this.#unread.size > 0 && losses === this.#losses) {
      // Many more may have become due meanwhile.
      most = Math.max(most, gentleBatch(this.#unread.size))
      const batch = [...this.#unread].slice(0, most)
      await Promise.all(
        batch.map(async (circuit) => {
          const adopt = await this.#read(circuit, deadline)
          adopt()
        }),
      )
    }
    if (losses !== this.#losses) throw new Error('The storage was lost in the meantime')
  }

  /** A circuit is read again if its read failed, or if it was added again during its read. */
  async #read(circuit: Circuit, deadline: number): Promise<() => void> {
    this.#unread.delete(circuit)
    const adopt = await this.#answered(circuit, deadline)
    if (circuit === this.#doubted) this.#doubted = undefined
    return adopt
  }

  async #answered(circuit: Circuit, deadline: number): Promise<() => void> {
    try {
      return await circuit.read(deadline)
    } catch (error) {
      // The circuit itself has noted that it is alone. The storage is up.
      if (isCircuitError(error)) return () => undefined
      this.#unread.add(circuit)
      throw error
    }
  }
}

function gentleBatch(size: number): number {
  return Math.min(BATCH, Math.max(SMALL_BATCH, Math.ceil(size / ROUND_TRIPS)))
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    schedule(seconds, resolve)
  })
}
