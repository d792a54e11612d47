/**
 * Knows a request that a fallback sends: refused by the very circuit that the fallback answers for,
 * it would be answered by the same fallback again, and so on without end.
 *
 * Such a request is known by its adapter, which axios, its plugins and copies of a config all hand
 * on. A mark is put round the adapter of each request made while a fallback is called, and round that
 * of the config which the fallback is given.
 */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { property } from '../property.js'
import { dispatcherOf, type Adapter } from './axios.js'

/** That a fallback of this circuit is being asked. */
interface Answering {
  readonly circuit: ManagedCircuit
  /** Whoever kept the fallback's config may send it again once the fallback has answered. */
  isOver?: boolean
}

type Chain = readonly Answering[]

interface Mark extends AxiosAdapter {
  chain?: Chain
  /** As in a guard, which has to find the guards below. */
  guarded?: { readonly adapter: Adapter }
}

/** Of the fallback that is called at this very moment. */
let current: Chain = []

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
  const before = chains.get(error) ?? []
  const answering: Answering = { circuit }
  const unmark = mark(config, [...before, answering])
  try {
    return await callWithin([...before, { circuit }], call)
  } finally {
    answering.isOver = true
    unmark()
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

/** @returns what takes the mark off this config again; copies keep it */
function mark(config: InternalAxiosRequestConfig, chain: Chain): () => void {
  const adapter = unmarked(config.adapter)
  const marked: Mark = (final) => {
    final.adapter = adapter as NonNullable<Adapter>
    return dispatcherOf(adapter, final)(final)
  }
  marked.chain = chain
  marked.guarded = { adapter }
  return setAdapter(config, marked) ? () => setAdapter(config, adapter, marked) : () => undefined
}

/** Somebody may have frozen the config, or put another adapter there meanwhile. */
function setAdapter(config: InternalAxiosRequestConfig, adapter: Adapter, instead?: Mark): boolean {
  if (instead && config.adapter !== instead) return false
  try {
    config.adapter = adapter as NonNullable<Adapter>
    return true
  } catch {
    return false
  }
}

function unmarked(adapter: Adapter): Adapter {
  return (adapter as Mark | undefined)?.chain ? (adapter as Mark).guarded?.adapter : adapter
}

/** Under guards of other breakers or not. */
function liveChainOf(adapter: Adapter): Chain {
  const { chain, guarded } = (adapter ?? {}) as Partial<Mark>
  if (chain) return chain.filter(({ isOver }) => !isOver)
  return guarded ? liveChainOf(property(guarded, 'adapter') as Adapter) : []
}
