/**
 * Admission and record in one function round the adapter. Interceptors alone lose outcomes, or
 * count them twice: other plugins retry, throw, cache and copy between them.
 */
import axios, {
  getAdapter as lookUpAdapter,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { property } from '../property.js'
import { OpenedStateError } from './errors.js'
import { judgeResult, type JudgeOutcome } from './judge.js'
import { reasonOf, type AttemptResult } from './outcome.js'

type Adapter = InternalAxiosRequestConfig['adapter']

interface Guard extends AxiosAdapter {
  guarded?: Guarded
}

interface Guarded {
  readonly circuit: ManagedCircuit
  readonly adapter: Adapter
}

/**
 * Puts the guard round the request's adapter. Never throws: before axios 1.19 an error thrown by a
 * synchronous interceptor may let the request go.
 */
export function guard(
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  judge?: JudgeOutcome,
): InternalAxiosRequestConfig {
  const { adapter } = config
  if (isGuardedBy(adapter, circuit)) return config
  const guarded: Guard = (final) => attempt(final, adapter, circuit, judge)
  guarded.guarded = { circuit, adapter }
  Reflect.set(config, 'adapter', guarded)
  return config
}

/** True for a config that was re-issued before it reached its adapter, under other guards or not. */
function isGuardedBy(adapter: Adapter, circuit: ManagedCircuit): boolean {
  const guarded = (adapter as Guard | undefined)?.guarded
  if (!guarded) return false
  return guarded.circuit === circuit || isGuardedBy(guarded.adapter, circuit)
}

async function attempt(
  config: InternalAxiosRequestConfig,
  adapter: Adapter,
  circuit: ManagedCircuit,
  judge: JudgeOutcome | undefined,
): Promise<AxiosResponse> {
  // Errors and responses carry the config on: re-issued elsewhere, it must not bring the guard along.
  config.adapter = adapter as NonNullable<Adapter>
  // Looked up before admission: a request for an adapter that does not exist asks nobody for a permit.
  const dispatch = getAdapter(adapter ?? axios.defaults.adapter, config)
  if (isBypassed(config)) return dispatch(config)
  const admission = circuit.admit()
  if (!admission.admitted) throw new OpenedStateError(circuit.name, admission, config)
  let result: AttemptResult = { config }
  try {
    const response = await dispatch(config)
    result = { config, response }
    return response
  } catch (error) {
    result = { config, error, ...responseOf(error) }
    throw error
  } finally {
    const outcome = judgeResult(result, judge)
    circuit.record(admission, outcome, outcome === 'failure' ? reasonOf(result) : undefined)
  }
}

/** axios-cache-interceptor answers hits through an adapter of its own: nothing to refuse, or to learn. */
function isBypassed(config: InternalAxiosRequestConfig): boolean {
  const { adapter, circuitBreaker } = config
  return (
    circuitBreaker === false || (typeof adapter === 'function' && adapter.name === 'cachedAdapter')
  )
}

/** The types of axios 1.7 to 1.13 leave out the second argument, without which `config.env` is ignored. */
const getAdapter = lookUpAdapter as (
  adapter: Adapter,
  config: InternalAxiosRequestConfig,
) => AxiosAdapter

function responseOf(error: unknown): { response?: AxiosResponse } {
  const response = property(error, 'response')
  return typeof response === 'object' && response !== null
    ? { response: response as AxiosResponse }
    : {}
}
