/**
 * What the command line asks of Redis. It is an onlooker: it takes part in no circuit, and a read of it leaves
 * each key as it is.
 */
import { isCircuitError, messageOf } from '../internal/errors.js'
import { withTimeout } from '../internal/timers.js'
import type { ConnectionListener, Snapshot, Terms } from '../storage/contract.js'
import { NO_FORCES, type ForceAnswer, type ForceCommand } from '../storage/forces.js'
import { INITIAL_SNAPSHOT } from '../storage/initial-snapshot.js'
import type { Target } from './arguments.js'
import { connect, DEADLINE, RedisError, type Connected } from './connect.js'

/** Questions that wait for their answers at the same time. */
const AT_ONCE = 200
/** The terms of the processes are unknown. No failure counts for longer than a minute, so this ttl shows all. */
const TERMS: Terms = { opening: { threshold: 1 }, ttl: 60, permits: 1, lease: 10, quorum: 1 }

/** What Redis has of one circuit, or why that cannot be read. */
export type Reading = { readonly snapshot: Snapshot } | { readonly problem: string }

export class Session {
  readonly #connected: Connected
  readonly #process = crypto.randomUUID()

  private constructor(connected: Connected) {
    this.#connected = connected
  }

  /**
   * Connects.
   *
   * @throws UsageError if the URL or the prefix is wrong
   * @throws RedisError if Redis cannot be used
   */
  static async open(target: Target, listener: Partial<ConnectionListener> = {}): Promise<Session> {
    return new Session(await connect(target, listener))
  }

  get isUp(): boolean {
    return this.#connected.connection.isUp
  }

  /** Names of circuits that have a key. The storage has a deadline for each part of the search. */
  async circuits(): Promise<readonly string[]> {
    return this.#connected.connection.circuits?.() ?? []
  }

  async forces(command: ForceCommand): Promise<ForceAnswer> {
    const question = { ...command, process: this.#process, deadline: DEADLINE, known: NO_FORCES }
    const answer = this.#connected.connection.forces?.(question)
    if (!answer) throw new RedisError('This storage cannot share forces')
    return answered(answer)
  }

  /** Reads circuits, some of them at a time. */
  async read(names: readonly string[]): Promise<Map<string, Reading>> {
    const readings = new Map<string, Reading>()
    for (let start = 0; start < names.length; start += AT_ONCE) {
      const some = names.slice(start, start + AT_ONCE)
      const answers = await Promise.all(some.map((name) => this.#read(name)))
      for (const [index, reading] of answers.entries()) readings.set(some[index] ?? '', reading)
    }
    return readings
  }

  close(): Promise<void> {
    return this.#connected.close()
  }

  async #read(circuit: string): Promise<Reading> {
    const asking = { circuit, process: '', reporter: '', deadline: DEADLINE }
    const question = { op: 'read', ...asking, known: INITIAL_SNAPSHOT, terms: TERMS } as const
    const { connection } = this.#connected
    try {
      const snapshot = await answered(connection.ask(question))
      // It has no key. Messages may name any number of such circuits, so the connection keeps nothing of them.
      if (snapshot.version === INITIAL_SNAPSHOT.version) connection.forget?.(circuit)
      return { snapshot }
    } catch (error) {
      if (isCircuitError(error)) return { problem: messageOf(error) }
      throw error
    }
  }
}

function answered<Value>(answer: Promise<Value>): Promise<Value> {
  return withTimeout(DEADLINE, answer, `Redis did not answer within ${DEADLINE} s`)
}
