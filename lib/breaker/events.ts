/** Tells listeners what happened. Nothing that a listener does reaches a request or a circuit. */
import type { CircuitEvents, Publisher } from '../circuit/types.js'
import { reportOnce, warnOnce } from '../internal/warnings.js'
import { Delivery, MOST_WAITING } from './delivery.js'
import { ConfigError } from '../internal/config-error.js'
import { property } from '../internal/property.js'
import { describeKind, quote } from '../internal/quote.js'

export type EventName = keyof CircuitEvents
export type Listener<Name extends EventName> = (event: CircuitEvents[Name]) => unknown

const EVENT_NAMES: { readonly [Name in EventName]: true } = {
  attempted: true,
  created: true,
  detached: true,
  failed: true,
  recovered: true,
  rejected: true,
  stateChanged: true,
  storageAnswered: true,
  storageLost: true,
  storageRestored: true,
}

type Subscription = { readonly name: EventName; readonly listener: (event: never) => unknown }
type Subscriptions = readonly Subscription[]

/** An event's name is a short word: of anything longer the beginning says enough. */
const LONGEST_NAME = 30

export class Events implements Publisher {
  /**
   * By name, as a circuit that is used asks for each request whether anyone hears of it: a look into a
   * map costs a request measurably more.
   */
  readonly #subscriptions: Partial<Record<EventName, Subscriptions | undefined>> = {
    attempted: undefined,
  }
  /** Events published by listeners wait, so that every listener sees the same order. */
  readonly #delivery = new Delivery((isLasting) => this.#warnOfLoop(isLasting))
  /** The listener that is called at this moment: what is published meanwhile is its doing. */
  #current: Subscription | undefined
  /** The last listener that published, and the one that was called last. */
  #culprit: Subscription | undefined
  #latest: Subscription | undefined

  /**
   * @returns the unsubscribe function; idempotent
   * @throws ConfigError
   */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    checkSubscription(name, listener)
    const subscription = { name, listener }
    this.#change(name, (subscriptions) => [...subscriptions, subscription])
    return () => {
      this.#change(name, (subscriptions) => subscriptions.filter((it) => it !== subscription))
    }
  }

  hears(name: EventName): boolean {
    return this.#subscriptions[name] !== undefined
  }

  readonly publish = <Name extends EventName>(name: Name, event: CircuitEvents[Name]): void => {
    const subscriptions = this.#subscriptions[name]
    if (!subscriptions) return
    if (this.#current) this.#culprit = this.#current
    const isTaken = this.#delivery.run(() => this.#deliver(subscriptions, event))
    if (!isTaken) warnOnce(this, 'dropped', DROPPED)
  }

  #change(name: EventName, change: (subscriptions: Subscriptions) => Subscriptions): void {
    const changed = change(this.#subscriptions[name] ?? [])
    this.#subscriptions[name] = changed.length > 0 ? changed : undefined
  }

  /** Never throws. */
  #deliver(subscriptions: Subscriptions, event: unknown): void {
    for (const subscription of subscriptions) {
      this.#current = subscription
      call(subscription, event)
    }
    this.#latest = this.#current
    this.#current = undefined
  }

  /** A burst of requests makes many events too: without a listener that publishes it is soon over. */
  #warnOfLoop(isLasting: boolean): void {
    const suspect = this.#culprit ?? (isLasting ? this.#latest : undefined)
    this.#culprit = undefined
    if (!suspect) return
    const { name, listener } = suspect
    const called = property(listener, 'name')
    const named = typeof called === 'string' && called !== '' ? quote(called) : 'without a name'
    warnOnce(listener, name, `A listener of "${name}" (${named}) ${LOOPS}`)
  }
}

const LOOPS = 'seems to cause events without end. Send its requests with circuitBreaker: false'
const DROPPED = `More than ${MOST_WAITING} events wait for listeners: further ones are dropped`

function checkSubscription(name: unknown, listener: unknown): void {
  if (typeof name !== 'string' || !Object.hasOwn(EVENT_NAMES, name)) {
    const expected = Object.keys(EVENT_NAMES).join(', ')
    const given = typeof name === 'string' ? quote(name, LONGEST_NAME) : describeKind(name)
    throw new ConfigError(`Invalid event: expected one of ${expected}, given ${given}`)
  }
  if (typeof listener === 'function') return
  throw new ConfigError(
    `Invalid listener of "${name}": expected a function, given ${describeKind(listener)}`,
  )
}

/** Never throws. */
function call(subscription: Subscription, event: unknown): void {
  try {
    const result = subscription.listener(event as never)
    if (isThenable(result)) {
      Promise.resolve(result).catch((error: unknown) => reportListenerError(subscription, error))
    }
  } catch (error) {
    reportListenerError(subscription, error)
  }
}

function reportListenerError({ name, listener }: Subscription, error: unknown): void {
  reportOnce(`A listener of "${name}" failed`, listener, error)
}

function isThenable(value: unknown): boolean {
  return typeof property(value, 'then') === 'function'
}
