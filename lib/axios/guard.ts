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
import { isCacheHit } from './cached.js'
import { NotInitializedError, OpenedStateError } from './errors.js'
import { judgeResult, type JudgeOutcome } from './judge.js'
import { isCancelled, withReason, type AttemptResult } from './outcome.js'
import { Passage } from './passage.js'
import { rememberAnswered } from './reentry.js'

const MS_PER_SECOND = 1000

export interface Guarded {
  readonly circuit: ManagedCircuit
  readonly adapter: Adapter
  readonly judge: JudgeOutcome | undefined
}

/** A promise chain and not an async function, which costs a healthy request measurably more. */
export function attempt(
  config: InternalAxiosRequestConfig,
  guarded: Guarded,
): Promise<AxiosResponse> {
  const { circuit, adapter } = guarded
  // Looked up before admission: a request for an adapter that does not exist asks nobody for a permit.
  const dispatch = dispatcherOf(adapter, config)
  if (isBypassed(config, guarded)) return dispatch(config)
  const option: unknown = config.circuitBreaker
  if (option !== undefined && option !== true) return refuseOption(option)
  const admission = Passage.take(config, circuit) ?? circuit.admit()
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
  const { circuit, adapter } = guarded
  // Only a function of somebody else's can hold another guard, or an answer of earlier.
  const passage =
    typeof adapter === 'function' ? Passage.open(config, circuit, adapter, admission) : undefined
  const startedAt = circuit.tellsAttempts ? performance.now() : undefined
  const end = (result: AttemptResult): void => {
    const permit = passage ? passage.end() : admission
    if (permit) conclude(result, permit, guarded, startedAt, passage)
  }
  const fail = (error: unknown): never => {
    end({ config, error, ...responseOf(error) })
    throw error
  }
  return send(dispatch, config, fail).then((response) => {
    end({ config, response })
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
  passage: Passage | undefined,
): void {
  const isKept = passage?.isForeign(result.response ?? result.error, result.config) ?? false
  const outcome = isKept ? 'ignored' : judgeResult(result, judge)
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

/** Left alone: what the caller wants past the circuit, hits of caches, and what an inner guard answers for. */
function isBypassed(config: InternalAxiosRequestConfig, { circuit, adapter }: Guarded): boolean {
  if (config.circuitBreaker === false) return true
  return typeof adapter === 'function' && (circuit.leaves(adapter) || isCacheHit(adapter, config))
}

function responseOf(error: unknown): { response?: AxiosResponse } {
  const response = property(error, 'response')
  return typeof response === 'object' && response !== null
    ? { response: response as AxiosResponse }
    : {}
}
