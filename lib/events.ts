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

export class Events implements Publisher {
  #subscriptions: readonly Subscription[] = []
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
    this.#subscriptions = [...this.#subscriptions, subscription]
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    }
  }

  hears(name: EventName): boolean {
    return this.#subscriptions.some((subscription) => subscription.name === name)
  }

  readonly publish = <Name extends EventName>(name: Name, event: CircuitEvents[Name]): void => {
    const subscriptions = this.#subscriptions
    if (subscriptions.length === 0) return
    for (const subscription of subscriptions) {
      if (subscription.name === name) this.#queue.push(() => deliver(subscription, event))
    }
    this.#drain()
  }

  #drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) next()
    this.#draining = false
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

function deliver({ name, listener }: Subscription, event: unknown): void {
  const blame = (error: unknown): void =>
    complain(`A listener of "${name}" failed`, listener, error)
  try {
    const result = listener(event as never)
    if (isThenable(result)) Promise.resolve(result).catch(blame)
  } catch (error) {
    blame(error)
  }
}

function isThenable(value: unknown): boolean {
  return typeof property(value, 'then') === 'function'
}
