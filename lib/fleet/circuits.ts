/** The shared circuits of a breaker by name, and which of them must be read. It does not know the link. */
import type { Snapshot } from '../storage/contract.js'
import { Readings, type Readable, type ReadingsOptions } from './readings.js'
import type { SharedCircuit } from './shared-circuit.js'

/** Seconds after a gap in which messages are only hints: they may have waited in the socket all that time. */
const MISTRUST = 1

export class Circuits {
  readonly readings: Readings<Readable>
  readonly #now: () => number
  readonly #byName = new Map<string, SharedCircuit>()
  /** The list of forced circuits, if the storage has one. */
  #forces: readonly Readable[] = []
  #mistrustUntil = -Infinity

  /** @param now monotonic seconds */
  constructor(now: () => number, deadlines: ReadingsOptions) {
    this.#now = now
    this.readings = new Readings(deadlines)
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  add(circuit: SharedCircuit): void {
    this.#byName.set(circuit.name, circuit)
    this.readings.add([circuit])
  }

  /** The storage has not answered a question about this circuit. */
  doubt(circuit: SharedCircuit): void {
    if (this.#byName.get(circuit.name) === circuit) this.readings.doubt(circuit)
  }

  delete(circuit: SharedCircuit): void {
    if (this.#byName.get(circuit.name) === circuit) this.#byName.delete(circuit.name)
    this.readings.delete(circuit)
  }

  /** Reads this list too whenever the circuits are read. */
  readForces(forces: Readable): void {
    this.#forces = [forces]
    this.suspectForces()
  }

  /** Marks the list of forced circuits to be read. */
  readonly suspectForces = (): void => this.readings.add(this.#forces)

  readonly initialized = (): void => this.#each((circuit) => circuit.heed('initialized'))

  /** Without the storage, each circuit is on its own until it is read again. */
  readonly lost = (): void => {
    this.#each((circuit) => circuit.heed('lost'))
    this.readings.abandon()
    this.missed()
  }

  /** Marks all circuits to be read: messages may have been missed. */
  readonly missed = (): void => {
    this.readings.add(this.#byName.values())
    this.suspectForces()
  }

  /** Keeps everything that was seen until now out of the fleet's evidence. */
  readonly distrust = (): void => this.#each((circuit) => circuit.heed('distrusted'))

  readonly pushed = (name: string, snapshot: Snapshot, process: string): void => {
    const circuit = this.#byName.get(name)
    if (this.#now() < this.#mistrustUntil || circuit?.isOutdated(snapshot)) this.hinted(name)
    else circuit?.pushed(snapshot, process)
  }

  readonly hinted = (name: string): void => {
    const circuit = this.#byName.get(name)
    if (circuit) this.readings.add([circuit])
  }

  /** Distrusts all requests that were under way, and marks outages to be read: they may be over. */
  readonly afterGap = (): void => {
    this.#mistrustUntil = this.#now() + MISTRUST
    this.distrust()
    this.suspectOutages()
    this.suspectForces()
  }

  /** Marks all circuits to be read that are not closed for the fleet. @returns whether there are any */
  suspectOutages(): boolean {
    const outages = [...this.#byName.values()].filter(({ isSettled }) => !isSettled)
    this.readings.add(outages)
    return outages.length > 0
  }

  hurry(): void {
    this.#each((circuit) => circuit.heed('hurried'))
  }

  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#byName.values(), (circuit) => circuit.flush()))
  }

  #each(job: (circuit: SharedCircuit) => void): void {
    for (const circuit of this.#byName.values()) job(circuit)
  }
}
