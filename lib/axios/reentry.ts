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
import { findWrapper, setAdapter, type Wrapper } from './wrapper.js'

/** That a fallback of this circuit is being asked. */
interface Answering {
  readonly circuit: ManagedCircuit
  /** Whoever kept the fallback's config may send it again once the fallback has answered. */
  isOver?: boolean
}

export type Chain = readonly Answering[]

const NONE: Chain = []

/** Of the fallback that is called at this very moment. */
let current = NONE

const chains = new WeakMap<object, Chain>()

/**
 * The `runWhen` of guards' interceptors, which are known by it. Axios calls it as soon as a request is
 * made, whereas asynchronous interceptors may keep the guard waiting: if it is made while a fallback is
 * called, it is marked. Never throws.
 */
export function markAnswering(config: InternalAxiosRequestConfig): true {
  if (current.length > 0) mark(config, [...liveChainOf(config.adapter), ...current])
  return true
}

/** For a refusal: of which fallbacks its request came. */
export function rememberAnswered(error: object, adapter: Adapter): void {
  const chain = liveChainOf(adapter)
  if (chain.length > 0) chains.set(error, chain)
}

/** Whether the request that was refused came of this circuit's own fallback. */
export function cameOfFallback(error: object, circuit: ManagedCircuit): boolean {
  return Boolean(chains.get(error)?.some((answering) => answering.circuit === circuit))
}

/** Calls the function, and knows the requests which it makes at once, or of this config later. */
export async function within<Value>(
  circuit: ManagedCircuit,
  error: object,
  config: InternalAxiosRequestConfig,
  call: () => Value,
): Promise<Awaited<Value>> {
  const before = chains.get(error) ?? NONE
  const { adapter } = config
  const answering: Answering = { circuit }
  const marked = mark(config, [...before, answering])
  try {
    return await callWithin([...before, { circuit }], call)
  } finally {
    answering.isOver = true
    if (config.adapter === marked) setAdapter(config, adapter)
  }
}

function callWithin<Value>(chain: Chain, call: () => Value): Value {
  const outer = current
  current = chain
  try {
    return call()
  } finally {
    current = outer
  }
}

function mark(config: InternalAxiosRequestConfig, chain: Chain): Wrapper {
  const { adapter } = config
  const marked: Wrapper = (final) => {
    setAdapter(final, adapter)
    return dispatcherOf(adapter, final)(final)
  }
  marked.wrapped = adapter
  marked.chain = chain
  setAdapter(config, marked)
  return marked
}

/** Under guards of other breakers or not. */
function liveChainOf(adapter: Adapter): Chain {
  const chain = findWrapper(adapter, (wrapper) => wrapper.chain)?.chain
  return chain?.filter(({ isOver }) => !isOver) ?? NONE
}
