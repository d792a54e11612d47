/**
 * A circuit, or a route to several, and the instances that it is attached to. It refers to them weakly, so an
 * instance that the app drops is collected with all that its interceptors hold. Instances hold the circuit, not
 * the other way round.
 */
import { warnOnce } from '../internal/warnings.js'
import { Registration, type Interception } from './intercept.js'
import type { Attachable } from './instance.js'
import type { Route } from './route.js'

/** More breakers than this on one instance are probably a mistake. */
const MANY_BREAKERS = 10
const WARNING =
  'More than 10 breakers are on one axios instance. Create one breaker and use it for all requests'

/** An attachment to one instance. */
class Holding extends Registration {
  readonly attachment: Attachment<Route, Interception>
  /** The attachments of other breakers: usually none, so an array would be a waste. */
  next: Holding | undefined

  constructor(
    instance: Attachable,
    attachment: Attachment<Route, Interception>,
    options: Interception,
  ) {
    super(instance, attachment.route, options)
    this.attachment = attachment
    this.next = holdings.get(instance)
  }
}

/** The attachments of all breakers, by instance: the latest one. */
const holdings = new WeakMap<Attachable, Holding>()

type References = WeakRef<Attachable> | WeakRef<Attachable>[]

export class Attachment<To extends Route, Options extends Interception> {
  readonly breaker: object
  readonly route: To
  readonly options: Options
  /** One reference instead of an array, since most circuits have one instance. */
  #references: References | undefined
  #next = 0

  constructor(breaker: object, route: To, options: Options) {
    this.breaker = breaker
    this.route = route
    this.options = options
  }

  /** @param options may contain an equal function with another identity: each instance calls its own */
  add(instance: Attachable, options: Options): void {
    holdings.set(instance, new Holding(instance, this, options))
    this.#refer(new WeakRef(instance))
    if (holdingsOf(instance).length > MANY_BREAKERS) {
      warnOnce(instance, 'breakers', WARNING, 'error')
    }
  }

  remove(instance: Attachable): void {
    this.#release(instance)
    const left = listOf(this.#references).filter((reference) => reference.deref() !== instance)
    this.#references = left.length > 0 ? left : undefined
  }

  clear(): void {
    for (const reference of listOf(this.#references)) {
      const instance = reference.deref()
      if (instance) this.#release(instance)
    }
    this.#references = undefined
  }

  #release(instance: Attachable): void {
    let latest: Holding | undefined
    for (const holding of holdingsOf(instance)) {
      if (holding.attachment === this) holding.release(instance)
      else {
        holding.next = latest
        latest = holding
      }
    }
    if (latest) holdings.set(instance, latest)
    else holdings.delete(instance)
  }

  /** Each addition checks two others and drops those that are gone, so that no sweep takes long. */
  #refer(reference: WeakRef<Attachable>): void {
    if (!this.#references) {
      this.#references = reference
      return
    }
    const references = listOf(this.#references)
    this.#references = references
    references.push(reference)
    for (let looks = 0; looks < 2; looks += 1) {
      this.#next = (this.#next + 1) % references.length
      if (references[this.#next]?.deref()) continue
      // The last reference fills the gap, unless the one that is gone was the last.
      const last = references.pop()
      if (last && this.#next < references.length) references[this.#next] = last
    }
  }
}

/** What this breaker has attached to the instance. */
export function attachmentOn(
  instance: Attachable,
  breaker: object,
): Attachment<Route, Interception> | undefined {
  return holdingsOf(instance).find(({ attachment }) => attachment.breaker === breaker)?.attachment
}

/** The oldest first. */
function holdingsOf(instance: Attachable): Holding[] {
  const held: Holding[] = []
  for (let next = holdings.get(instance); next; next = next.next) held.unshift(next)
  return held
}

function listOf(references: References = []): WeakRef<Attachable>[] {
  return Array.isArray(references) ? references : [references]
}
