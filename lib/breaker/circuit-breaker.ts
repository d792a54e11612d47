/** The page to read first: a breaker attaches circuits to axios instances, one circuit per name. */
import { Attachment, circuitOn } from '../axios/attachment.js'
import { checkAdapter, checkInstance, type Attachable } from '../axios/instance.js'
import { guardAdapter } from '../axios/place.js'
import { LocalCircuit } from '../circuit/local-circuit.js'
import { ManagedCircuit } from '../circuit/managed-circuit.js'
import { itself, keepSelf, makeShown } from '../circuit/shown.js'
import type { AnyAdapter, Circuit, CircuitReading } from '../circuit/types.js'
import { monotonic } from '../internal/clock.js'
import {
  checkName,
  checkSameOptions,
  resolveBreakerOptions,
  resolveCircuitOptions,
  type CircuitBreakerOptions,
  type CircuitOptions,
  type ResolvedCircuitOptions,
} from './config.js'
import { warnOnce } from '../internal/warnings.js'
import { ConfigError } from '../internal/config-error.js'
import { joinStorage, type Membership } from './membership.js'
import { Events, type EventName, type Listener } from './events.js'
import { quote } from '../internal/quote.js'

const SECONDS_PER_HOUR = 3600
/** Seconds above which a ttl is more likely a slip than meant. */
const LONG_TTL = SECONDS_PER_HOUR

export class CircuitBreaker {
  readonly #now: () => number
  readonly #defaults: ResolvedCircuitOptions
  readonly #attachments = new Map<string, Attachment<ResolvedCircuitOptions>>()
  readonly #events = new Events()
  readonly #membership: Membership | undefined

  /**
   * @param options defaults for every circuit
   * @throws ConfigError
   */
  constructor(options: CircuitBreakerOptions = {}) {
    const { defaults, storage, now = monotonic } = resolveBreakerOptions(options)
    keepSelf(this)
    this.#now = now
    this.#defaults = defaults
    this.#warnOfLongTtl('the circuits', defaults.ttl)
    this.#membership = storage && joinStorage(storage, { publisher: this.#events, now })
  }

  /**
   * Guards an axios instance by the circuit of this name. Several instances may share a name, and
   * with it one circuit; attaching the same instance again changes nothing. The circuit does not keep
   * an instance alive that is used no more.
   *
   * @param instance of any copy of axios from 1.7 on; all that is asked of it is its interceptors
   * @param options what differs from the breaker's defaults. Where the name is attached already they
   *   may be left out; given, they must come to the same
   * @throws ConfigError for a bad option, for a target that is no axios instance or has another
   *   circuit of this breaker, and for a name that is attached with other options
   */
  attach(instance: Attachable, name: string, options?: CircuitOptions): Circuit {
    return itself(this).#attach(instance, name, options)
  }

  /**
   * Takes the breaker's circuit off this axios instance; the circuit's other instances keep it. As
   * `circuit.detach(instance)`, for those who do not know the circuit.
   *
   * @throws ConfigError for a target that is no axios instance
   */
  detach(instance: Attachable): void {
    checkInstance(instance)
    const self = itself(this)
    self.#attachments.get(circuitOn(instance, self) ?? '')?.remove(instance)
  }

  #attach(instance: Attachable, name: string, options: CircuitOptions | undefined): Circuit {
    checkInstance(instance)
    checkName(name)
    const known = this.#attachments.get(name)
    const resolved = this.#resolve(name, options, known?.options)
    const holder = circuitOn(instance, this)
    if (holder !== undefined && holder !== name) throw taken(name, holder)
    const attachment = known ?? this.#create(name, resolved)
    try {
      // All or nothing.
      if (holder === undefined) attachment.add(instance, resolved)
    } catch (error) {
      if (!known) attachment.circuit.release()
      throw error
    }
    if (!known) {
      this.#attachments.set(name, attachment)
      this.#events.publish('created', { circuit: name })
    }
    return attachment.circuit
  }

  /** The circuit of this name, where one is attached. */
  circuit(name: string): Circuit | undefined {
    return itself(this).#attachments.get(name)?.circuit
  }

  /** The attached circuits at this moment, in the order of their first attachment. */
  get circuits(): readonly Circuit[] {
    return [...itself(this).#attachments.values()].map(({ circuit }) => circuit)
  }

  /**
   * Calls the listener, synchronously, after each event of this name. What it throws, or rejects
   * with, is written to the console once per listener, and reaches nobody else.
   *
   * @returns the unsubscribe function
   * @throws ConfigError for a name that is no event, and a listener that is no function
   */
  on<Name extends EventName>(event: Name, listener: Listener<Name>): () => void {
    return itself(this).#events.on(event, listener)
  }

  /**
   * Connects the storage, and reads the state that the fleet has; without a storage there is nothing
   * to connect. Idempotent: while connected, or connecting, it connects no second time.
   *
   * @throws what the storage says, within its deadline, where it cannot be reached. Circuits then work
   *   by this process's own results, and join the fleet as soon as the storage appears
   */
  async init(): Promise<void> {
    await itself(this).#membership?.init()
  }

  /** Waits until every report so far is written, or given up at its deadline. Idempotent. */
  async flush(): Promise<void> {
    await itself(this).#membership?.flush()
  }

  /** Detaches nothing, drains, and disconnects what `init` connected. Idempotent. */
  async close(): Promise<void> {
    await itself(this).#membership?.close()
  }

  /** Whether the storage answers; undefined without one. */
  get storageUp(): boolean | undefined {
    return itself(this).#membership?.isUp
  }

  toJSON(): { readonly circuits: readonly CircuitReading[]; readonly storageUp?: boolean } {
    const { circuits, storageUp } = this
    const readings = circuits.map((circuit) => circuit.toJSON())
    return { circuits: readings, ...(storageUp !== undefined && { storageUp }) }
  }

  #resolve(
    name: string,
    options: CircuitOptions | undefined,
    known: ResolvedCircuitOptions | undefined,
  ): ResolvedCircuitOptions {
    if (options === undefined) return known ?? this.#defaults
    const resolved = resolveCircuitOptions(name, options, this.#defaults)
    if (known) checkSameOptions(name, known, resolved)
    else this.#warnOfLongTtl(`circuit ${quote(name)}`, resolved.ttl)
    return resolved
  }

  #create(name: string, options: ResolvedCircuitOptions): Attachment<ResolvedCircuitOptions> {
    const machine =
      this.#membership?.machineFor(name, options) ?? new LocalCircuit(options, this.#now)
    const circuit = new ManagedCircuit(name, machine, this.#events, this.#detach, this.#guard)
    return new Attachment(this, circuit, options)
  }

  /** Mostly a number of milliseconds. Once for a breaker, however many circuits it has. */
  #warnOfLongTtl(whose: string, ttl: number): void {
    if (ttl <= LONG_TTL) return
    const hours = Math.round(ttl / SECONDS_PER_HOUR)
    const text = `ttl is in seconds: ${ttl} opens ${whose} for ${hours} h`
    warnOnce(this, 'ttl', text)
  }

  readonly #guard = (circuit: ManagedCircuit, adapter: AnyAdapter): AnyAdapter => {
    checkAdapter(adapter)
    return guardAdapter(adapter, circuit, this.#attachments.get(circuit.name)?.options.outcome)
  }

  readonly #detach = (circuit: ManagedCircuit, instance?: Attachable): void => {
    const attachment = this.#attachments.get(circuit.name)
    if (instance !== undefined) checkInstance(instance)
    if (attachment?.circuit !== circuit) return
    if (instance !== undefined) return attachment.remove(instance)
    this.#attachments.delete(circuit.name)
    attachment.clear()
    circuit.release()
    this.#events.publish('detached', { circuit: circuit.name })
  }
}

makeShown(CircuitBreaker.prototype, 'CircuitBreaker')

function taken(name: string, holder: string): ConfigError {
  return new ConfigError(
    `Invalid instance: expected one that is free for circuit ${quote(name)}, ` +
      `given one that circuit ${quote(holder)} of this breaker is attached to`,
  )
}
