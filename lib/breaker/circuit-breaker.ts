/** Read this file first: a breaker attaches circuits to axios instances, one circuit per name. */
import type { NameOf } from '../axios/name-of.js'
import type { Attachable, Circuit, CircuitReading } from '../circuit/circuit.js'
import { itself, keepSelf, makeShown } from '../circuit/shown.js'
import { monotonic } from '../internal/clock.js'
import { quote } from '../internal/quote.js'
import { warnOnce } from '../internal/warnings.js'
import { Circuits } from './circuits.js'
import {
  checkSameOptions,
  resolveBreakerOptions,
  resolveCircuitOptions,
  type CircuitBreakerOptions,
  type CircuitDefaults,
  type CircuitOptions,
  type ResolvedCircuitOptions,
} from './config.js'
import { Events, type EventName, type Listener } from './events.js'
import type { CircuitGroup } from './group.js'
import {
  resolveGroupOptions,
  type CircuitGroupOptions,
  type GroupSettings,
} from './group-options.js'
import { Groups } from './groups.js'
import { joinStorage, type Membership } from './membership.js'

const SECONDS_PER_HOUR = 3600
/** A longer ttl, in seconds, is probably a mistake. */
const LONG_TTL = SECONDS_PER_HOUR

export class CircuitBreaker {
  readonly #defaults: CircuitDefaults
  readonly #events = new Events()
  readonly #membership: Membership | undefined
  readonly #circuits: Circuits
  readonly #groups: Groups

  /**
   * @param options defaults for every circuit
   * @throws ConfigError
   */
  constructor(options: CircuitBreakerOptions = {}) {
    const { defaults, storage, now = monotonic } = resolveBreakerOptions(options)
    keepSelf(this)
    this.#defaults = defaults
    this.#warnOfLongTtl('the circuits', defaults.resolved)
    this.#membership = storage && joinStorage(storage, { publisher: this.#events, now })
    this.#circuits = new Circuits({ events: this.#events, now, membership: this.#membership })
    this.#groups = new Groups(this.#circuits, now)
  }

  /**
   * Guards an axios instance by the circuit of this name. Several instances may share a name, and
   * with it one circuit; attaching the same instance again changes nothing. The circuit does not keep an
   * unused instance alive.
   *
   * @param instance of any copy of axios from 1.7 on; only its interceptors are used
   * @param options overrides the breaker's defaults. If the name is attached already, you may leave them out;
   *   otherwise they must be the same
   * @throws ConfigError for a bad option, for a target that is not an axios instance or has another
   *   circuit of this breaker, and for a name that is attached with other options
   */
  attach(instance: Attachable, name: string, options?: CircuitOptions): Circuit
  /**
   * Guards each request of an axios instance by the circuit that the function names. Several instances may
   * share the function, and with it the circuits. If a name is attached already, the request goes through that
   * circuit, by its own rules.
   *
   * @param instance of any copy of axios from 1.7 on; only its interceptors are used
   * @param nameOf such as `byHost`; called once for each attempt, when its URL is final. With `undefined`, the
   *   request goes without a circuit
   * @param options overrides the breaker's defaults for each of the circuits, and bounds their number. If the
   *   function is attached already, you may leave them out; otherwise they must be the same
   * @throws ConfigError for a bad option, for a target that is not an axios instance or has a circuit of this
   *   breaker or another name function, and for a function that is attached with other options
   */
  attach(instance: Attachable, nameOf: NameOf, options?: CircuitGroupOptions): CircuitGroup
  attach(
    instance: Attachable,
    name: string | NameOf,
    options?: CircuitGroupOptions,
  ): Circuit | CircuitGroup {
    const self = itself(this)
    if (typeof name === 'function') {
      return self.#groups.attach(instance, name, (known) => self.#resolveGroup(options, known))
    }
    return self.#circuits.attach(instance, name, (known) => self.#resolve(name, options, known))
  }

  /**
   * Detaches the breaker's circuit from this axios instance; the circuit's other instances keep it. Like
   * `circuit.detach(instance)`, if you do not have the circuit.
   *
   * @throws ConfigError for a target that is not an axios instance
   */
  detach(instance: Attachable): void {
    itself(this).#circuits.detach(instance)
  }

  /** How many requests name functions sent without a circuit because of their `maxCircuits`. */
  get unguarded(): number {
    return itself(this).#circuits.unguarded
  }

  /** The circuit of this name, or undefined if none is attached. */
  circuit(name: string): Circuit | undefined {
    return itself(this).#circuits.get(name)
  }

  /** The attached circuits at this moment, in the order of their first attachment. */
  get circuits(): readonly Circuit[] {
    return itself(this).#circuits.all
  }

  /**
   * Calls the listener synchronously after each event of this name. If it throws or rejects, the console shows
   * its first error, and nothing else is affected.
   *
   * @returns the unsubscribe function
   * @throws ConfigError for an unknown event, and for a listener that is not a function
   */
  on<Name extends EventName>(event: Name, listener: Listener<Name>): () => void {
    return itself(this).#events.on(event, listener)
  }

  /**
   * Connects the storage, and reads the state of the fleet. Without a storage it does nothing. Idempotent: it
   * does not connect again while it is connecting or connected.
   *
   * @throws Error with the reason, within the storage's `initDeadline`, if the storage cannot be reached.
   *   Circuits then use this process's own results, and join the fleet as soon as the storage appears
   */
  async init(): Promise<void> {
    await itself(this).#membership?.init()
  }

  /** Waits until every report so far is written or given up at its deadline. Idempotent. */
  async flush(): Promise<void> {
    await itself(this).#membership?.flush()
  }

  /**
   * Flushes, and closes the connection that `init` made, unless `init` is called again during the flush. It
   * detaches no circuit. Idempotent.
   */
  async close(): Promise<void> {
    await itself(this).#membership?.close()
  }

  /** Whether the storage answers; undefined without a storage. */
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
    if (options === undefined) return known ?? this.#defaults.resolved
    const resolved = resolveCircuitOptions(name, options, this.#defaults)
    if (known) checkSameOptions(`Circuit ${quote(name)}`, known, resolved)
    else this.#warnOfLongTtl(`circuit ${quote(name)}`, resolved)
    return resolved
  }

  #resolveGroup(
    options: CircuitGroupOptions | undefined,
    known: GroupSettings | undefined,
  ): GroupSettings {
    const settings = resolveGroupOptions(options, this.#defaults, known)
    if (options !== undefined) this.#warnOfLongTtl('the circuits', settings.options)
    return settings
  }

  /** Such a ttl is usually meant in milliseconds. Warns once per breaker, however many circuits it has. */
  #warnOfLongTtl(whose: string, { ttl, growth }: ResolvedCircuitOptions): void {
    const longest = growth ? growth.max : ttl
    if (longest <= LONG_TTL) return
    const hours = Math.round(longest / SECONDS_PER_HOUR)
    const text = `ttl is in seconds: ${longest} opens ${whose} for ${hours} h`
    warnOnce(this, 'ttl', text)
  }
}

makeShown(CircuitBreaker.prototype, 'CircuitBreaker')
