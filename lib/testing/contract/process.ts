/** A process of a fleet, as a storage sees it: it sends commands, and knows one circuit. */
import type { FailureRateTerms } from '../../circuit/opening/terms.js'
import type { Answer, Command, Connection, Snapshot, Terms } from '../../storage/contract.js'
import { NO_FORCES, type Force, type ForceAnswer } from '../../storage/forces.js'
import type { ForceCommand, ForceList } from '../../storage/forces.js'
import { INITIAL_SNAPSHOT } from '../../storage/initial-snapshot.js'
import type { ContractSubject } from './subject.js'

const TERMS: Terms = { opening: { threshold: 3 }, ttl: 10, permits: 1, lease: 60, quorum: 1 }

/** How a process differs from others. */
export interface Party extends Partial<Omit<Terms, 'opening'>> {
  readonly threshold?: number
  readonly failureRate?: FailureRateTerms
  /** Default: the process by itself. */
  readonly reporter?: string
}

export class Process {
  known = INITIAL_SNAPSHOT
  /** The snapshots of the circuit that the storage pushed to it. */
  readonly pushed: Snapshot[] = []
  hints = 0
  knownForces: ForceList = NO_FORCES
  /** The versions of the list of forced circuits that the storage announced to it. */
  readonly announced: number[] = []
  readonly circuit: string
  readonly #connection: Connection
  readonly #name: string
  readonly #terms: Terms
  readonly #reporter: string
  #failures = 0

  constructor(subject: ContractSubject, circuit: string, name: string, party: Party = {}) {
    const { reporter = name, threshold = TERMS.opening.threshold, failureRate, ...terms } = party
    this.circuit = circuit
    this.#name = name
    this.#reporter = reporter
    this.#terms = { ...TERMS, ...terms, opening: { threshold, failureRate } }
    this.#connection = subject.connect({
      pushed: (about, snapshot) => void (about === circuit && this.pushed.push(snapshot)),
      hinted: (about) => void (about === circuit && (this.hints += 1)),
      resumed: () => undefined,
      lost: () => undefined,
      forcesChanged: (version) => void this.announced.push(version),
    })
  }

  get ready(): Promise<void> {
    return this.#connection.ready
  }

  async ask(command: Command, circuit = this.circuit): Promise<Answer> {
    const answer = await this.#connection.ask({
      ...command,
      circuit,
      process: this.#name,
      reporter: this.#reporter,
      deadline: 60,
      known: this.known,
      terms: this.#terms,
    })
    if (circuit === this.circuit && answer.version > this.known.version) this.known = answer
    if (answer.state !== 'closed') this.#failures = 0
    return answer
  }

  read(): Promise<Answer> {
    return this.ask({ op: 'read' })
  }

  /** Adds so many failures, and then reports all that it has. */
  fail(count = 1, age = 0): Promise<Answer> {
    this.#failures += count
    return this.ask({ op: 'report', evidence: { failures: this.#failures, age } })
  }

  succeed(): Promise<Answer> {
    this.#failures = 0
    return this.ask({ op: 'report', evidence: { failures: 0, age: 0 } })
  }

  acquire(token: string): Promise<Answer> {
    return this.ask({ op: 'acquire', token })
  }

  settle(token: string, outcome: 'success' | 'failure' | 'ignored'): Promise<Answer> {
    return this.ask({ op: 'settle', token, outcome })
  }

  /** Fails until the circuit opens. The case fails if the storage never opens it. */
  async open(): Promise<void> {
    for (let count = 0; count < 10 && this.known.state !== 'opened'; count += 1) await this.fail()
    if (this.known.state !== 'opened') throw new Error('Expected 10 failures to open the circuit')
  }

  /** @param suffix of the name of the circuit */
  force(force: Force, suffix = ''): Promise<ForceAnswer> {
    return this.#askForForces({ op: 'force', circuit: `${this.circuit}${suffix}`, force })
  }

  unforce(suffix = ''): Promise<ForceAnswer> {
    return this.#askForForces({ op: 'unforce', circuit: `${this.circuit}${suffix}` })
  }

  readForces(isRoutine = false): Promise<ForceAnswer> {
    return this.#askForForces({ op: 'read', isRoutine })
  }

  /** So many seconds pass for the process, although the storage did not see them. */
  ageForces(seconds: number): void {
    const forces = this.knownForces.forces.map((force) => ({
      ...force,
      endsIn: force.endsIn === undefined ? undefined : force.endsIn - seconds,
    }))
    this.knownForces = { ...this.knownForces, forces }
  }

  /** The names of all circuits that the storage holds. */
  async names(): Promise<readonly string[]> {
    return (await this.#connection.circuits?.()) ?? []
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async #askForForces(command: ForceCommand): Promise<ForceAnswer> {
    if (!this.#connection.forces)
      throw new Error('Expected the connection to have the method forces')
    const known = this.knownForces
    const answer = await this.#connection.forces({
      ...command,
      process: this.#name,
      deadline: 60,
      known,
    })
    this.knownForces = answer
    return answer
  }
}
