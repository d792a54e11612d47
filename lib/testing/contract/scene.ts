/** What a case is played in: processes that share a circuit of their own, and the storage's clock. */
import { Process, type Party } from './process.js'
import type { ContractSubject } from './subject.js'

/** Seconds. Far enough from 0 for a clock that is set back. */
export const START = 10_000

/** What a case needs of the subject. */
export type Need = 'setClock' | 'forget'

export interface Case {
  readonly name: string
  readonly needs?: readonly Need[]
  readonly run: (scene: Scene) => Promise<void>
}

export class Scene {
  /** Like no other, as a storage may have kept those of an earlier run. */
  readonly circuit = `contract ${crypto.randomUUID()}`
  readonly #subject: ContractSubject
  readonly #processes: Process[] = []

  constructor(subject: ContractSubject) {
    this.#subject = subject
  }

  /** Two processes. The second is as the first, unless it is given. */
  async join(first: Party = {}, second = first): Promise<[Process, Process]> {
    return Promise.all([this.add('one', first), this.add('two', second)])
  }

  async add(name: string, party: Party = {}): Promise<Process> {
    const process = new Process(this.#subject, this.circuit, name, party)
    this.#processes.push(process)
    await process.ready
    return process
  }

  /** The circuit is opened, and its ttl is over: whoever asks first gets a permit. */
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
