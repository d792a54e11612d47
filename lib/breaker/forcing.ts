/** Brings each force that stands to its circuit, and takes it away when it is over. */
import { isOver, isSame, type GivenForce, type StandingForce } from '../circuit/force.js'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { quote } from '../internal/quote.js'
import { schedule } from '../internal/timers.js'
import type { ResolvedCircuitOptions } from './config.js'
import type { Events } from './events.js'
import { checkForce } from './force-options.js'
import { LocalForces } from './local-forces.js'
import type { Forces, Membership } from './membership.js'

/** It stands on a circuit with the option `dryRun`, unless an operator has forced it. */
export const DRY_RUN: StandingForce = { state: 'closed', until: Infinity }
/** In seconds. A timer may find that a clock for tests has not moved on: it looks again this often. */
const PATIENCE = 0.1

interface Attached {
  readonly circuit: ManagedCircuit
  readonly options: ResolvedCircuitOptions
}

export interface ForcingOptions {
  readonly events: Events
  readonly now: () => number
  readonly membership: Membership | undefined
  /** The circuit of this name, if it is attached. */
  readonly find: (name: string) => Attached | undefined
}

export class Forcing {
  readonly #options: ForcingOptions
  readonly #forces: Forces
  /** The functions that stop the timers for the ends of forces, by circuit. */
  readonly #timers = new Map<string, () => void>()

  constructor(options: ForcingOptions) {
    const { now, membership } = options
    this.#options = options
    this.#forces = membership?.forces ?? new LocalForces(now)
    this.#forces.watch(this.#look)
  }

  /** @throws ConfigError; Error if the circuit is detached, or the force cannot be kept */
  async force(circuit: ManagedCircuit, state: unknown, options?: unknown): Promise<void> {
    await this.#set(circuit, checkForce(circuit.name, state, options))
  }

  /** @throws Error if the circuit is detached, or the force cannot be lifted */
  async unforce(circuit: ManagedCircuit): Promise<void> {
    await this.#set(circuit, undefined)
  }

  /**
   * Forces a circuit that nobody has used yet, if a force stands on its name.
   *
   * @param announce publishes the circuit; its listeners may force it anew
   */
  start(attached: Attached, announce: () => void): void {
    const force = this.#forceOn(attached)
    if (force) this.#stand(attached, force)
    announce()
    if (force && attached.circuit.standing === force) this.#publish(attached.circuit)
  }

  /** A force was set, lifted or replaced, or is over. */
  readonly #look = (name: string): void => {
    const attached = this.#options.find(name)
    if (!attached) return
    const { circuit } = attached
    const before = circuit.standing
    const force = this.#forceOn(attached)
    this.#stand(attached, force)
    if (!isSame(before, force)) this.#publish(circuit)
  }

  #publish({ name, forced }: ManagedCircuit): void {
    this.#options.events.publish('forced', { circuit: name, forced })
  }

  /** The circuit is detached. */
  forget(name: string): void {
    this.#timers.get(name)?.()
    this.#timers.delete(name)
  }

  async #set(circuit: ManagedCircuit, force: GivenForce | undefined): Promise<void> {
    const { name } = circuit
    if (this.#options.find(name)?.circuit !== circuit) {
      throw new Error(`Circuit ${quote(name)} is detached: attach it first`)
    }
    await this.#forces.set(name, force)
  }

  /** A force of an operator wins over the dry run. */
  #forceOn({ circuit, options }: Attached): StandingForce | undefined {
    const force = this.#forces.of(circuit.name)
    if (force && !isOver(force, this.#options.now())) return force
    return options.dryRun ? DRY_RUN : undefined
  }

  #stand({ circuit, options }: Attached, force: StandingForce | undefined): void {
    const { name } = circuit
    const { now } = this.#options
    this.forget(name)
    circuit.stand(force, { ttl: options.ttl, now, onEnd: () => this.#look(name) })
    if (!force || force.until === Infinity) return
    const rest = Math.max(PATIENCE, force.until - now())
    this.#timers.set(
      name,
      schedule(rest, () => this.#look(name)),
    )
  }
}
