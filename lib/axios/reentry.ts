/**
 * Knows a request that a fallback sends: refused by the very circuit that the fallback answers for,
 * it would be answered by the same fallback again, and so on without end.
 *
 * Such a request is known by a mark round its adapter: of each request made while a fallback is
 * called, and of the config which the fallback is given.
 */
import type { InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { dispatcherOf, type Adapter } from './axios.js'
import { findWrapper, setAdapter, type Asking, type Wrapper } from './wrapper.js'

/** The fallback that is called at this very moment. */
let current: Asking | undefined

const askings = new WeakMap<object, Asking>()

/**
 * The `runWhen` of guards' interceptors, which are known by it. Axios calls it as soon as a request is
 * made, whereas asynchronous interceptors may keep the guard waiting: if it is made while a fallback is
 * called, it is marked. Never throws.
 */
export function markAsking(config: InternalAxiosRequestConfig): true {
  if (current) mark(config, current)
  return true
}

/** For a refusal: of which fallback its request came. */
export function rememberAsking(error: object, adapter: Adapter): void {
  const asking = findWrapper(adapter, (wrapper) => wrapper.asking)?.asking
  if (asking) askings.set(error, asking)
}

/** Whether the request that was refused came of this circuit's own fallback. */
export function cameOfFallback(error: object, circuit: ManagedCircuit): boolean {
  let asking = askings.get(error)
  while (asking && (asking.isOver || asking.circuit !== circuit)) asking = asking.around
  return asking !== undefined
}

/** Calls the function, and knows the requests which it makes at once, or of this config later. */
export async function within<Value>(
  circuit: ManagedCircuit,
  error: object,
  config: InternalAxiosRequestConfig,
  call: () => Value,
): Promise<Awaited<Value>> {
  const { adapter } = config
  const around = askings.get(error)
  const asking: Asking = { circuit, around }
  const marked = mark(config, asking)
  try {
    return await callAs({ circuit, around }, call)
  } finally {
    asking.isOver = true
    if (config.adapter === marked) setAdapter(config, adapter)
  }
}

function callAs<Value>(asking: Asking, call: () => Value): Value {
  const outer = current
  current = asking
  try {
    return call()
  } finally {
    current = outer
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
