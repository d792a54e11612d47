/**
 * Admission and record in one function round the adapter. Interceptors alone lose outcomes, or
 * count them twice: other plugins retry, throw, cache and copy between them.
 */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Admission, Permit, Refusal, Unready } from '../circuit/types.js'
import { ConfigError } from '../internal/config-error.js'
import { describeKind } from '../internal/quote.js'
import { dispatcherOf } from './axios.js'
import { isCacheHit } from './cached.js'
import { NotInitializedError, OpenedStateError } from './errors.js'
import { hitOf, keeps } from './hit.js'
import { judgeResult } from './judge.js'
import { isCancelled, withReason, type AttemptResult } from './outcome.js'
import { Passage } from './passage.js'
import { rememberAsking } from './reentry.js'
import { send, settled } from './settled.js'
import type { Wrapper } from './wrapper.js'

const MS_PER_SECOND = 1000

/** The only thing that is made for each request: the function that sends it, and what it goes by. */
export interface Guard extends Wrapper {
  circuit: ManagedCircuit
}

/** A promise chain and not an async function, which costs a healthy request measurably more. */
export function attempt(config: InternalAxiosRequestConfig, guard: Guard): Promise<AxiosResponse> {
  const { circuit, wrapped } = guard
  // Looked up before admission: a request for an adapter that does not exist asks nobody for a permit.
  const dispatch = dispatcherOf(wrapped, config)
  const option: unknown = config.circuitBreaker
  if (option === false || isLeftAlone(config, guard)) return send(dispatch, config)
  if (option !== undefined && option !== true) return refuseOption(option)
  if (typeof wrapped === 'function' && !circuit.isOpenToAll && keeps(wrapped)) {
    return hitOf(wrapped, config).then((hit) => hit ?? ask(dispatch, config, guard))
  }
  return ask(dispatch, config, guard)
}

function ask(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  guard: Guard,
): Promise<AxiosResponse> {
  const { circuit } = guard
  const admission = Passage.of(config, circuit)?.take() ?? circuit.admit()
  if ('admitted' in admission) return proceed(dispatch, config, admission, guard)
  return admission.then((decided) => {
    if (decided.admitted && isCancelled(config)) {
      circuit.record(decided, 'ignored')
      // axios makes its CanceledError of it. An adapter asked now would send the request after all.
      throw new Error('cancelled')
    }
    return proceed(dispatch, config, decided, guard)
  })
}

/** Hits of caches, and what an inner guard answers for. */
function isLeftAlone(config: InternalAxiosRequestConfig, { circuit, wrapped }: Guard): boolean {
  return typeof wrapped === 'function' && (circuit.leaves(wrapped) || isCacheHit(wrapped, config))
}

function proceed(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  admission: Admission,
  guard: Guard,
): Promise<AxiosResponse> {
  if (!admission.admitted) return refuse(admission, config, guard)
  const { circuit, wrapped } = guard
  // Only a function of somebody else's can hold another guard, or an answer of earlier.
  const passage =
    typeof wrapped === 'function' ? new Passage(config, circuit, wrapped, admission) : undefined
  const startedAt = circuit.tellsAttempts ? performance.now() : undefined
  return settled(dispatch, config, (result) => {
    const permit = passage ? passage.take() : admission
    if (!permit) return
    const isKept = passage?.isKept(result.response ?? result.error, config)
    conclude(result, permit, guard, startedAt, isKept)
  })
}

function conclude(
  result: AttemptResult,
  permit: Permit,
  { circuit, judge }: Guard,
  startedAt: number | undefined,
  isKept: boolean | undefined,
): void {
  const outcome = isKept ? 'ignored' : judgeResult(result, judge)
  circuit.record(permit, outcome, outcome === 'failure' ? withReason(result, {}) : undefined)
  if (startedAt === undefined) return
  const duration = (performance.now() - startedAt) / MS_PER_SECOND
  const { method = 'get' } = result.config
  const { probe } = permit
  circuit.tellAttempt(
    withReason(result, { circuit: circuit.name, outcome, probe, method, duration }),
  )
}

function refuse(
  refusal: Refusal | Unready,
  config: InternalAxiosRequestConfig,
  { circuit: { name }, wrapped }: Guard,
): Promise<never> {
  const error =
    refusal.state === 'not-initialized'
      ? new NotInitializedError(name, config)
      : new OpenedStateError(name, refusal, config)
  rememberAsking(error, wrapped)
  return Promise.reject(error)
}

/** A request that was to go past the circuit, or not: whichever was meant, the other would be wrong. */
function refuseOption(given: unknown): Promise<never> {
  const expected = 'expected true, false or undefined'
  const message = `Invalid option circuitBreaker of a request: ${expected}, given ${describeKind(given)}`
  return Promise.reject(new ConfigError(message))
}
