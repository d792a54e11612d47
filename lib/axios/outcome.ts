/**
 * What an attempt proves about the service, judged when the adapter ends, before transforms and interceptors.
 */
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { FailureReason, Outcome } from '../circuit/types.js'
import { property } from '../internal/property.js'
import { isAxiosError, isCancel } from './axios.js'
import { isCallerFault } from './callers-fault.js'

/** An attempt that has ended, for the `outcome` option. */
export interface AttemptResult {
  readonly config: InternalAxiosRequestConfig
  /** The service's answer, whether axios resolved or rejected with it. */
  readonly response?: AxiosResponse
  /** What the adapter rejected with. */
  readonly error?: unknown
}

const SERVER_ERROR = 500

/** The status decides if the whole answer arrived. Otherwise the error decides. */
export function outcomeOf(result: AttemptResult): Outcome {
  const { config, response, error } = result
  if (!('error' in result)) return byStatus(config, response)
  if (response && isWhole(response, error)) return byStatus(config, response)
  if (isCancel(error) || isCancelled(config)) return timedOut(config) ? 'failure' : 'ignored'
  if (response) return 'failure'
  return isCallerFault(error, config) ? 'ignored' : 'failure'
}

/** Adds the reason to an event. Spreading it would cost a healthy request more than the rest. */
export function withReason<Event extends object>(
  { response, error }: AttemptResult,
  event: Event,
): Event & FailureReason {
  const whole: Event & { code?: string; status?: number } = event
  const code = property(error, 'code')
  const status = property(response, 'status')
  if (typeof code === 'string') whole.code = code
  if (typeof status === 'number') whole.status = status
  return whole
}

/**
 * An adapter sets `data` once the body has arrived. If it was cut off, axios rejects with the headers only.
 */
function isWhole(response: AxiosResponse, error: unknown): boolean {
  return 'data' in response || !isAxiosError(error)
}

/**
 * An adapter that resolved without a status has at least answered. A status of 0 means that nothing answered.
 */
function byStatus(
  config: InternalAxiosRequestConfig,
  response: AxiosResponse | undefined,
): Outcome {
  const status = Number(response?.status)
  if (status >= SERVER_ERROR) return 'failure'
  return status === 0 && !hidesStatus(config, response) ? 'failure' : 'success'
}

/**
 * A browser hides the status of an opaque answer, or of a redirect that it did not follow. A file that is read by its
 * URL has none: axios makes no error of that.
 */
function hidesStatus(
  config: InternalAxiosRequestConfig,
  response: AxiosResponse | undefined,
): boolean {
  const asked: unknown = response?.request ?? config.fetchOptions
  return (
    property(asked, 'redirect') === 'manual' ||
    property(asked, 'mode') === 'no-cors' ||
    String(property(asked, 'responseURL')).startsWith('file:')
  )
}

export function isCancelled({ signal, cancelToken }: InternalAxiosRequestConfig): unknown {
  return signal?.aborted || cancelToken?.reason
}

/** Why the caller cancelled: anything, such as the error of another request. */
export function reasonOf(config: object): unknown {
  return property(property(config, 'signal'), 'reason')
}

/** `AbortSignal.timeout`, alone or through `AbortSignal.any`, is a time limit, not a change of mind. */
function timedOut(config: InternalAxiosRequestConfig): boolean {
  return property(reasonOf(config), 'name') === 'TimeoutError'
}
