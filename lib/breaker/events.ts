/** Publishes events to listeners. No listener can affect a request or a circuit. */
import type { CircuitEvents, Publisher } from '../circuit/events.js'
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
  forced: true,
  recovered: true,
  rejected: true,
  stateChanged: true,
  storageAnswered: true,
  storageLost: true,
  storageRestored: true,
}

interface Subscription {
  readonly name: EventName
  readonly listener: (event: never) => unknown
  /** Set once it is unsubscribed: events that were published before may still wait. */
  isOver: boolean
}
type Subscriptions = readonly Subscription[]

/** Names of events are short, so an error quotes only the beginning of anything longer. */
const LONGEST_NAME = 30

export class Events implements Publisher {
  /**
   * An object and not a map: circuits check for listeners in each request, and a map would cost it measurably
   * more.
   */
  readonly #subscriptions: Partial<Record<EventName, Subscriptions | undefined>> = {
    attempted: undefined,
  }
  /** Events that listeners publish wait, so that all listeners see the same order. */
  readonly #delivery = new Delivery((isLasting) => this.#warnOfLoop(isLasting))
  /** The listener that is being called. It causes all events that are published during the call. */
  #current: Subscription | undefined
  /** The last listener that caused an event, and the one that was called last. */
  #culprit: Subscription | undefined
  #latest: Subscription | undefined

  /**
   * @returns the unsubscribe function; idempotent
   * @throws ConfigError
   */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    checkSubscription(name, listener)
    const subscription = { name, listener, isOver: false }
    this.#change(name, (subscriptions) => [...subscriptions, subscription])
    return () => {
      subscription.isOver = true
      this.#change(name, (subscriptions) => subscriptions.filter((it) => it !== subscription))
    }
  }

  hasListeners(name: EventName): boolean {
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
      if (subscription.isOver) continue
      this.#current = subscription
      call(subscription, event)
    }
    this.#latest = this.#current
    this.#current = undefined
  }

  /** A burst of requests also makes many events, but it ends soon if no listener causes more. */
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
const DROPPED = `More than ${MOST_WAITING} events wait for listeners. Further events are dropped`

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
    if (result !== undefined && isThenable(result)) {
      Promise.resolve(result).catch((error: unknown) => reportListenerError(subscription, error))
    }
  } catch (error) {
    reportListenerError(subscription, error)
  }
}

function reportListenerError({ name, listener }: Subscription, error: unknown): void {
  reportOnce(`A "${name}" listener threw or rejected`, listener, error)
}

function isThenable(value: unknown): boolean {
  return typeof property(value, 'then') === 'function'
}
