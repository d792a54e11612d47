/**
 * Admission and record in one function round the adapter. Interceptors alone lose outcomes, or
 * count them twice: other plugins retry, throw, cache and copy between them.
 */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Admission, Permit, Refusal, Unready } from '../circuit/types.js'
import { ConfigError } from '../errors.js'
import { property } from '../property.js'
import { kindOf } from '../quote.js'
import { dispatcherOf, type Adapter } from './axios.js'
import { NotInitializedError, OpenedStateError } from './errors.js'
import { judgeResult, type JudgeOutcome } from './judge.js'
import { isCancelled, withReason, type AttemptResult } from './outcome.js'
import { rememberAnswered } from './reentry.js'

const MS_PER_SECOND = 1000

interface Guard extends AxiosAdapter {
  guarded?: Guarded
}

interface Guarded {
  readonly circuit: ManagedCircuit
  readonly adapter: Adapter
  readonly judge: JudgeOutcome | undefined
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
  const guarded: Guarded = { circuit, adapter, judge }
  const guarding: Guard = (final) => attempt(final, guarded)
  guarding.guarded = guarded
  try {
    config.adapter = guarding
  } catch {
    // Somebody froze the config: the request goes as it is.
  }
  return config
}

/** True for a config that was re-issued before it reached its adapter, under other guards or not. */
function isGuardedBy(adapter: Adapter, circuit: ManagedCircuit): boolean {
  const guarded = (adapter as Guard | undefined)?.guarded
  if (!guarded) return false
  return guarded.circuit === circuit || isGuardedBy(guarded.adapter, circuit)
}

/** A promise chain and not an async function, which costs a healthy request measurably more. */
function attempt(config: InternalAxiosRequestConfig, guarded: Guarded): Promise<AxiosResponse> {
  const { circuit, adapter } = guarded
  // Errors and responses carry the config on: re-issued elsewhere, it must not bring the guard along.
  config.adapter = adapter as NonNullable<Adapter>
  // Looked up before admission: a request for an adapter that does not exist asks nobody for a permit.
  const dispatch = dispatcherOf(adapter, config)
  if (isBypassed(config)) return dispatch(config)
  const option: unknown = config.circuitBreaker
  if (option !== undefined && option !== true) return refuseOption(option)
  const admission = circuit.admit()
  if ('admitted' in admission) return proceed(dispatch, config, admission, guarded)
  return admission.then((decided) => {
    if (decided.admitted && isCancelled(config)) {
      circuit.record(decided, 'ignored')
      // axios makes its CanceledError of it. An adapter asked now would send the request after all.
      throw new Error('cancelled')
    }
    return proceed(dispatch, config, decided, guarded)
  })
}

function proceed(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  admission: Admission,
  guarded: Guarded,
): Promise<AxiosResponse> {
  if (!admission.admitted) {
    const error = errorOf(admission, config, guarded)
    rememberAnswered(error, guarded.adapter)
    return Promise.reject(error)
  }
  const startedAt = guarded.circuit.tellsAttempts ? performance.now() : undefined
  const fail = (error: unknown): never => {
    conclude({ config, error, ...responseOf(error) }, admission, guarded, startedAt)
    throw error
  }
  return send(dispatch, config, fail).then((response) => {
    conclude({ config, response }, admission, guarded, startedAt)
    return response
  }, fail)
}

function errorOf(
  refusal: Refusal | Unready,
  config: InternalAxiosRequestConfig,
  { circuit: { name } }: Guarded,
): Error {
  return refusal.state === 'not-initialized'
    ? new NotInitializedError(name, config)
    : new OpenedStateError(name, refusal, config)
}

function conclude(
  result: AttemptResult,
  permit: Permit,
  { circuit, judge }: Guarded,
  startedAt: number | undefined,
): void {
  const outcome = judgeResult(result, judge)
  const duration = startedAt === undefined ? 0 : (performance.now() - startedAt) / MS_PER_SECOND
  circuit.record(permit, outcome, outcome === 'failure' ? withReason(result, {}) : undefined)
  if (startedAt === undefined) return
  const { name } = circuit
  const { probe } = permit
  const { method = 'get' } = result.config
  circuit.tellAttempt(withReason(result, { circuit: name, outcome, probe, method, duration }))
}

/**
 * A promise of our own unless the adapter's is an ordinary one, which settles once and calls nothing
 * back. What an adapter throws at once is thrown on: of a promise, axios would first look at it.
 */
function send(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  fail: (error: unknown) => never,
): Promise<AxiosResponse> {
  try {
    const answer = dispatch(config)
    return isOrdinary(answer) ? answer : new Promise((resolve) => resolve(answer))
  } catch (error) {
    return fail(error)
  }
}

function isOrdinary(answer: unknown): answer is Promise<AxiosResponse> {
  return (
    answer instanceof Promise &&
    Object.getPrototypeOf(answer) === Promise.prototype &&
    !Object.hasOwn(answer, 'then') &&
    !Object.hasOwn(answer, 'constructor')
  )
}

/** A request that was to go past the circuit, or not: whichever was meant, the other would be wrong. */
function refuseOption(given: unknown): Promise<never> {
  const expected = 'expected true, false or undefined'
  return Promise.reject(
    new ConfigError(
      `Invalid option circuitBreaker of a request: ${expected}, given ${kindOf(given)}`,
    ),
  )
}

/** axios-cache-interceptor answers hits through an adapter of its own: nothing to refuse, or to learn. */
function isBypassed(config: InternalAxiosRequestConfig): boolean {
  const { adapter, circuitBreaker } = config
  return (
    circuitBreaker === false || (typeof adapter === 'function' && adapter.name === 'cachedAdapter')
  )
}

function responseOf(error: unknown): { response?: AxiosResponse } {
  const response = property(error, 'response')
  return typeof response === 'object' && response !== null
    ? { response: response as AxiosResponse }
    : {}
}
