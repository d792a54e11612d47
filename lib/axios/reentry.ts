/**
 * Recognizes requests that a fallback sends. If the circuit of the fallback refused such a request, the same
 * fallback would answer it again, and so on without end.
 *
 * A mark round the adapter identifies them: on each request made during the call of a fallback, and on the
 * config that the fallback gets.
 */
import type { InternalAxiosRequestConfig } from 'axios'
import { sharedByCopies } from '../internal/copies.js'
import { dispatcherOf, type Adapter } from './axios.js'
import type { Route } from './route.js'
import { findWrapper, setAdapter, type Asking, type Wrapper } from './wrapper.js'

interface Calls {
  /** The fallback that is being called right now. */
  current: Asking | undefined
  /** Which fallback sent the request of a refusal. */
  readonly askings: WeakMap<object, Asking>
}

/**
 * Of all copies of the package: one of them may refuse what a fallback of another one sends. The number stands for
 * the fields of `Calls` and `Asking`, and for the names by which a mark is found.
 */
const calls = sharedByCopies<Calls>('fallbacks.1', () => ({
  current: undefined,
  askings: new WeakMap(),
}))

/** Marks the functions of guards and fallbacks, of all copies of the package. */
export const GUARD = Symbol.for('axios-breaker.guard.1')

/**
 * The `runWhen` of the guards' interceptors, which also identifies them. axios calls it as soon as a request
 * is made, while asynchronous interceptors may delay the guard. It marks requests made during the call of a
 * fallback. Never throws.
 */
export function markAsking(config: InternalAxiosRequestConfig): true {
  if (calls.current) mark(config, calls.current)
  return true
}
markAsking[GUARD] = true

/** Stores for a refusal which fallback sent its request. */
export function rememberAsking(error: object, adapter: Adapter): void {
  const asking = findWrapper(adapter, (wrapper) => wrapper.asking)?.asking
  if (asking) calls.askings.set(error, asking)
}

/** Whether the fallback of this route sent the refused request. */
export function cameOfFallback(error: object, route: Route): boolean {
  let asking = calls.askings.get(error)
  while (asking && (asking.isOver || asking.route !== route)) asking = asking.around
  return asking !== undefined
}

/** Calls a fallback, and marks the requests that it makes at once, or with this config later. */
export async function callMarked<Value>(
  route: Route,
  error: object,
  config: InternalAxiosRequestConfig,
  call: () => Value,
): Promise<Awaited<Value>> {
  const { adapter } = config
  const around = calls.askings.get(error)
  const asking: Asking = { route, around }
  const marked = mark(config, asking)
  try {
    return await callAs({ route, around }, call)
  } finally {
    asking.isOver = true
    if (config.adapter === marked) setAdapter(config, adapter)
  }
}

function callAs<Value>(asking: Asking, call: () => Value): Value {
  const outer = calls.current
  calls.current = asking
  try {
    return call()
  } finally {
    calls.current = outer
  }
}

function mark(config: InternalAxiosRequestConfig, asking: Asking): Wrapper {
  const { adapter } = config
  const marked: Wrapper = (final) => {
    setAdapter(final, adapter)
    return dispatcherOf(adapter, final)(final)
  }
  marked.wrapped = adapter
  marked.asking = asking
  setAdapter(config, marked)
  return marked
}
