/**
 * Admits and records a request in one function round the adapter. Interceptors alone lose outcomes, or
 * count them twice, because other plugins retry, throw, cache and copy between them.
 */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { isDecided } from '../circuit/decided.js'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Admission, Refusal, Unready } from '../circuit/types.js'
import { tryCall } from '../internal/property.js'
import { dispatcherOf } from './axios.js'
import { passesBy } from './bypass.js'
import { NotInitializedError, OpenedStateError, UnsentError } from './errors.js'
import { hitOf, mayHaveHit } from './hit.js'
import { isCancelled } from './outcome.js'
import { Passage, passageOn } from './passage.js'
import { rememberAsking } from './reentry.js'
import { send, settled } from './settled.js'
import { isStream, leaveUnread } from './unread.js'
import { adapterBelow, type Post, type Wrapper } from './wrapper.js'

/** The only object that is made for each request: the function that sends it, with its settings. */
export interface Guard extends Wrapper {
  post: Post
}

/** Uses a promise chain, because an async function costs a healthy request measurably more. */
export function attempt(config: InternalAxiosRequestConfig, guard: Guard): Promise<AxiosResponse> {
  const { wrapped, post } = guard
  // Look the adapter up before admission: a request for an unknown adapter must not take a permit.
  const dispatch = dispatcherOf(wrapped, config)
  const circuit = post.route.circuitOf(config)
  if (!circuit) return send(dispatch, config)
  const adapter = adapterBelow(wrapped, post.plain)
  const passes = passesBy(config, circuit, adapter, post)
  if (passes === true) return passOn(dispatch, config, circuit, post)
  if (passes !== false) return Promise.reject(passes)
  if (adapter && mayHaveHit(adapter, config) && !circuit.isOpenToAll) {
    return hitOf(adapter, config).then((hit) => hit ?? ask(dispatch, config, circuit, guard))
  }
  return ask(dispatch, config, circuit, guard)
}

/** An inner guard that refuses does not know which route has led the request to the circuit. */
function passOn(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  post: Post,
): Promise<AxiosResponse> {
  const { route } = post
  const answer = send(dispatch, config)
  if (!route.refused && !isStream(config.data)) return answer
  return Promise.resolve(answer).catch((error: unknown) => {
    const isOwn = error instanceof OpenedStateError && error.circuit === circuit.name
    if (isOwn) route.refused?.(error, circuit)
    if (post.release && error instanceof UnsentError) leaveUnread(config.data)
    throw error
  })
}

function ask(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  guard: Guard,
): Promise<AxiosResponse> {
  const outer = passageOn(config)
  const handedOn = Passage.to(circuit, outer)?.take()
  const admission = handedOn ? (circuit.inFlight?.restart(handedOn) ?? handedOn) : circuit.admit()
  if (isDecided(admission)) return proceed(dispatch, config, admission, circuit, guard, outer)
  return unlessCancelled(admission, config, circuit).then((decided) =>
    proceed(dispatch, config, decided, circuit, guard, passageOn(config)),
  )
}

/**
 * Rejects at once if the caller aborts, and gives back the permit that comes later. axios turns the error into its
 * CanceledError. An adapter called now would send the request after all.
 */
function unlessCancelled(
  admission: Promise<Admission>,
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
): Promise<Admission> {
  const { signal } = config
  let isOver = false
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      isOver = true
      reject(new Error('cancelled'))
    }
    const decide = (decided: Admission): void => {
      tryCall((): unknown => signal?.removeEventListener?.('abort', cancel))
      if (isCancelled(config)) cancel()
      if (isOver && decided.admitted) circuit.record(decided, 'ignored')
      resolve(decided)
    }
    admission.then(decide).catch(reject)
    tryCall((): unknown => signal?.addEventListener?.('abort', cancel))
  })
}

function proceed(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  admission: Admission,
  circuit: ManagedCircuit,
  { wrapped, post }: Guard,
  outer: Passage | undefined,
): Promise<AxiosResponse> {
  if (!admission.admitted) return refuse(admission, config, circuit, wrapped, post)
  const passage = new Passage(admission, circuit, post.judge)
  // Only a foreign function can contain another guard, or a cached answer.
  if (typeof wrapped === 'function')
    passage.layDown(config, adapterBelow(wrapped, post.plain), outer)
  return settled(dispatch, config, passage)
}

function refuse(
  refusal: Refusal | Unready,
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  adapter: Wrapper['wrapped'],
  post: Post,
): Promise<never> {
  const { name } = circuit
  const error =
    refusal.state === 'not-initialized'
      ? new NotInitializedError(name, config)
      : new OpenedStateError(name, refusal, config)
  rememberAsking(error, adapter)
  post.route.refused?.(error, circuit)
  // Whatever is round an inner guard may still send the body.
  if (post.release) leaveUnread(config.data)
  return Promise.reject(error)
}
