/** The circuits of a breaker by name, each with the instances that it is attached to. */
import { Attachment, attachmentOn } from '../axios/attachment.js'
import { checkAdapter, checkInstance, type Attachable } from '../axios/instance.js'
import { guardAdapter } from '../axios/place.js'
import { LocalCircuit } from '../circuit/local-circuit.js'
import { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Owner } from '../circuit/owner.js'
import type { SlowRule } from '../circuit/opening/slow.js'
import { awakeClock } from '../internal/awake.js'
import { monotonic } from '../internal/clock.js'
import { ConfigError } from '../internal/config-error.js'
import { describeKind, quote } from '../internal/quote.js'
import { checkName, type ResolvedCircuitOptions } from './config.js'
import type { Events } from './events.js'
import { Forcing } from './forcing.js'
import type { Membership } from './membership.js'
import { isHeld } from './holder.js'
import { checkReady } from './ready-options.js'
import { Rosters } from './roster.js'

type Attached = Attachment<ManagedCircuit, ResolvedCircuitOptions>

/** Without `slowAfter`, attempts in flight are only counted. */
const NEVER_SLOW: SlowRule = { slowAfter: Infinity, now: () => 0 }

export interface CircuitsOptions {
  readonly events: Events
  readonly now: () => number
  readonly membership: Membership | undefined
}

export class Circuits {
  readonly #options: CircuitsOptions
  readonly #attachments = new Map<string, Attached>()
  readonly #forcing: Forcing
  readonly rosters = new Rosters()
  /** How many requests all groups sent without a circuit because of their bounds. */
  unguarded = 0

  constructor(options: CircuitsOptions) {
    this.#options = options
    const find = (name: string) => {
      const attachment = this.#attachments.get(name)
      return attachment && forcible(attachment)
    }
    this.#forcing = new Forcing({ ...options, find })
  }

  get(name: string): ManagedCircuit | undefined {
    return this.#attachments.get(name)?.route
  }

  /** In the order of their first attachment. */
  get all(): readonly ManagedCircuit[] {
    return Array.from(this.#attachments.values(), ({ route }) => route)
  }

  /**
   * @param resolve returns the options, and gets those that the circuit already has
   * @throws ConfigError
   */
  attach(
    instance: Attachable,
    name: string,
    resolve: (known: ResolvedCircuitOptions | undefined) => ResolvedCircuitOptions,
  ): ManagedCircuit {
    checkInstance(instance)
    checkName(name)
    const known = this.#attachments.get(name)
    const options = resolve(known?.options)
    const isAttached = isHeld(instance, this, known, `circuit ${quote(name)}`)
    const attachment = known ?? this.#create(name, options)
    try {
      // All or nothing.
      if (!isAttached) attachment.add(instance, options)
    } catch (error) {
      if (!known) attachment.route.release()
      throw error
    }
    // From now on no group may evict it.
    if (known) this.rosters.leave(name)
    else this.#keep(attachment)
    return attachment.route
  }

  /** The circuit of this name, which a name function leads to now, whether a group has made it or not. */
  use(name: string, now: number): ManagedCircuit | undefined {
    const circuit = this.get(name)
    if (circuit) this.rosters.use(name, now)
    return circuit
  }

  /** Makes a circuit that is attached to no instance. @param enlist called before anybody learns of it */
  make(
    name: string,
    options: ResolvedCircuitOptions,
    enlist: (circuit: ManagedCircuit) => void,
  ): ManagedCircuit {
    const attachment = this.#create(name, options, NEVER_SLOW)
    enlist(attachment.route)
    this.#keep(attachment)
    return attachment.route
  }

  /** Takes the instance's circuit off it. @throws ConfigError */
  detach(instance: Attachable): void {
    checkInstance(instance)
    attachmentOn(instance, this)?.remove(instance)
  }

  #keep(attachment: Attached): void {
    const { name } = attachment.route
    this.#attachments.set(name, attachment)
    this.#forcing.start(forcible(attachment), () => {
      this.#options.events.publish('created', { circuit: name })
    })
  }

  #create(name: string, options: ResolvedCircuitOptions, otherwise?: SlowRule): Attached {
    const { events, now, membership } = this.#options
    // To put something before the rules of a circuit or of its storage, wrap the machine here.
    const machine = membership?.machineFor(name, options) ?? new LocalCircuit(options, now)
    const { maxRetryAfter, failureRate } = options
    const window = failureRate ? failureRate.window : undefined
    const slow = this.#slowRule(options) ?? otherwise
    const attention = { slow, maxRetryAfter, window }
    const circuit = new ManagedCircuit(name, machine, events, this.#owner, attention)
    return new Attachment(this, circuit, options)
  }

  /** Uses the user's clock, if there is one, to find out what is slow. */
  #slowRule({ slowAfter }: ResolvedCircuitOptions): SlowRule | undefined {
    const { now } = this.#options
    if (!slowAfter) return undefined
    return { slowAfter, ...(now === monotonic ? awakeClock(slowAfter) : { now }) }
  }

  readonly #owner: Owner<ManagedCircuit> = {
    detach: (circuit, instance) => this.#detach(circuit, instance),
    guard: (circuit, adapter) => {
      checkAdapter(adapter)
      this.rosters.keep(circuit.name)
      return guardAdapter(adapter, circuit, this.#attachments.get(circuit.name)?.options.outcome)
    },
    checkReport,
    checkReady,
    force: (circuit, state, options) => this.#forcing.force(circuit, state, options),
    unforce: (circuit) => this.#forcing.unforce(circuit),
  }

  #detach(circuit: ManagedCircuit, instance?: Attachable): void {
    const attachment = this.#attachments.get(circuit.name)
    if (instance !== undefined) checkInstance(instance)
    if (attachment?.route !== circuit) return
    if (instance !== undefined) return attachment.remove(instance)
    this.#attachments.delete(circuit.name)
    this.rosters.leave(circuit.name)
    attachment.clear()
    circuit.release()
    this.#forcing.forget(circuit.name)
    this.#options.events.publish('detached', { circuit: circuit.name })
  }
}

function forcible({ route: circuit, options }: Attached) {
  return { circuit, options }
}

/** @throws ConfigError */
function checkReport(outcome: unknown): void {
  if (outcome === 'success' || outcome === 'failure') return
  const expected = "expected 'success' or 'failure'"
  throw new ConfigError(`Invalid report: ${expected}, given ${describeKind(outcome)}`)
}
