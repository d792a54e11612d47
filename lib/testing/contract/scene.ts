/** The setting of one case: processes that share a circuit of their own, and the storage's clock. */
import { Process, type Party } from './process.js'
import type { ContractSubject } from './subject.js'

/** Seconds. Far enough from 0 to set the clock back. */
export const START = 10_000

/** What the subject must have, or say, for a case to run. */
export type Need = 'setClock' | 'forget' | 'forces' | 'circuits'

export interface Case {
  readonly name: string
  readonly needs?: readonly Need[]
  readonly run: (scene: Scene) => Promise<void>
}

export class Scene {
  /** Unique, because a storage may still have the circuits of an earlier run. */
  readonly circuit = `contract ${crypto.randomUUID()}`
  readonly #subject: ContractSubject
  readonly #processes: Process[] = []

  constructor(subject: ContractSubject) {
    this.#subject = subject
  }

  /** Adds two processes. The second has the settings of the first, unless it has its own. */
  async join(first: Party = {}, second = first): Promise<[Process, Process]> {
    return Promise.all([this.add('one', first), this.add('two', second)])
  }

  async add(name: string, party: Party = {}): Promise<Process> {
    const process = new Process(this.#subject, this.circuit, name, party)
    this.#processes.push(process)
    await process.ready
    return process
  }

  /** Adds two processes and opens the circuit. Its ttl is over, so whoever asks first gets a permit. */
  async joinDue(party: Party = {}): Promise<[Process, Process]> {
    const [one, two] = await this.join(party)
    await one.open()
    await this.setClock(START + 11)
    return [one, two]
  }

  get messageDeadline(): number {
    return this.#subject.messageDeadline ?? 10
  }

  async setClock(seconds: number): Promise<void> {
    await this.#subject.setClock?.(seconds)
  }

  async forget(): Promise<void> {
    await this.#subject.forget?.()
  }

  async close(): Promise<void> {
    for (const process of this.#processes) await process.close()
  }
}
