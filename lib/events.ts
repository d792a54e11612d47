/** Tells listeners what happened. Nothing that a listener does reaches a request or a circuit. */
import type { CircuitEvents, Publisher } from './circuit/types.js'
import { complain } from './complain.js'
import { ConfigError } from './errors.js'
import { property } from './property.js'

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

export class Events implements Publisher {
  /** By name, as a circuit that is used asks for each request whether anyone hears of it. */
  readonly #subscriptions = new Map<EventName, Subscriptions>()
  /** Events published by listeners wait, so that every listener sees the same order. */
  readonly #queue: (() => void)[] = []
  #draining = false

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
    return this.#subscriptions.has(name)
  }

  readonly publish = <Name extends EventName>(name: Name, event: CircuitEvents[Name]): void => {
    const subscriptions = this.#subscriptions.get(name)
    if (!subscriptions) return
    if (this.#draining) {
      this.#queue.push(() => deliver(subscriptions, event))
      return
    }
    this.#draining = true
    deliver(subscriptions, event)
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) next()
    this.#draining = false
  }

  #change(name: EventName, change: (subscriptions: Subscriptions) => Subscriptions): void {
    const changed = change(this.#subscriptions.get(name) ?? [])
    if (changed.length > 0) this.#subscriptions.set(name, changed)
    else this.#subscriptions.delete(name)
  }
}

function checkSubscription(name: string, listener: unknown): void {
  if (!Object.hasOwn(EVENT_NAMES, name)) {
    const expected = Object.keys(EVENT_NAMES).join(', ')
    throw new ConfigError(
      `Invalid event: expected one of ${expected}, given ${JSON.stringify(name)}`,
    )
  }
  if (typeof listener === 'function') return
  throw new ConfigError(
    `Invalid listener of "${name}": expected a function, given ${typeof listener}`,
  )
}

/** Never throws. */
function deliver(subscriptions: Subscriptions, event: unknown): void {
  for (const subscription of subscriptions) {
    try {
      const result = subscription.listener(event as never)
      if (isThenable(result)) {
        Promise.resolve(result).catch((error: unknown) => blame(subscription, error))
      }
    } catch (error) {
      blame(subscription, error)
    }
  }
}

function blame({ name, listener }: Subscription, error: unknown): void {
  complain(`A listener of "${name}" failed`, listener, error)
}

function isThenable(value: unknown): boolean {
  return typeof property(value, 'then') === 'function'
}
