/** What an attempt proves about the service, judged where the adapter ends: before transforms and interceptors. */
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { FailureReason, Outcome } from '../circuit/types.js'
import { property } from '../property.js'
import { isAxiosError, isCancel } from './axios.js'

/** An attempt that has ended, for the `outcome` option. */
export interface AttemptResult {
  readonly config: InternalAxiosRequestConfig
  /** The service's answer, whether axios resolved or rejected with it. */
  readonly response?: AxiosResponse
  /** What the adapter rejected with. */
  readonly error?: unknown
}

/** Faults of the request itself, found before anything was sent, or limits that the caller has set. */
const CALLER_FAULTS: ReadonlySet<unknown> = new Set([
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE',
  'ERR_BAD_REQUEST',
  'ERR_FORM_DATA_DEPTH_EXCEEDED',
  'ERR_FR_MAX_BODY_LENGTH_EXCEEDED',
  'ERR_FR_TOO_MANY_REDIRECTS',
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_INVALID_URL',
  'ERR_NOT_SUPPORT',
  'ERR_UNESCAPED_CHARACTERS',
])

const SERVER_ERROR = 500

/** Status decides wherever an answer arrived whole; only then does the error. */
export function outcomeOf(result: AttemptResult): Outcome {
  const { config, response, error } = result
  if (!('error' in result)) return byStatus(response)
  if (response && isWhole(response, error)) return byStatus(response)
  if (isCancel(error) || isCancelled(config)) return timedOut(config) ? 'failure' : 'ignored'
  if (response) return 'failure'
  return isCallerFault(error, config) ? 'ignored' : 'failure'
}

/** Adds the reason to what is told: spreading it would cost a healthy request more than the rest. */
export function withReason<Told extends object>(
  { response, error }: AttemptResult,
  told: Told,
): Told & FailureReason {
  const whole: Told & { code?: string; status?: number } = told
  const code = property(error, 'code')
  const status = property(response, 'status')
  if (typeof code === 'string') whole.code = code
  if (typeof status === 'number') whole.status = status
  return whole
}

/** An adapter sets `data` once the body has arrived; axios rejects with the bare headers when it was cut off. */
function isWhole(response: AxiosResponse, error: unknown): boolean {
  return 'data' in response || !isAxiosError(error)
}

/** An adapter that resolved with no status at all has at least answered. */
function byStatus(response: AxiosResponse | undefined): Outcome {
  return Number(response?.status) >= SERVER_ERROR ? 'failure' : 'success'
}

export function isCancelled({ signal, cancelToken }: InternalAxiosRequestConfig): boolean {
  return Boolean(signal?.aborted) || Boolean(cancelToken?.reason)
}

/** `AbortSignal.timeout`, alone or through `AbortSignal.any`, is a time limit, not a change of mind. */
function timedOut({ signal }: InternalAxiosRequestConfig): boolean {
  return property(property(signal, 'reason'), 'name') === 'TimeoutError'
}

function isCallerFault(error: unknown, { maxContentLength }: InternalAxiosRequestConfig): boolean {
  const code = property(error, 'code')
  const message = String(property(error, 'message'))
  if (CALLER_FAULTS.has(code)) return true
  // Without a limit, axios before 1.8 says the same of a body that was cut off.
  if (code === 'ERR_BAD_RESPONSE') {
    return Number(maxContentLength) >= 0 && message.startsWith('maxContentLength')
  }
  // A page that is left aborts its requests under the code of a timeout.
  if (code === 'ECONNABORTED') return message === 'Request aborted'
  return code === undefined && isRejectedInput(error)
}

/**
 * A URL, a method or a header that the platform does not take. A connection's TypeError comes with
 * its request. By name, as realms have TypeErrors of their own.
 */
function isRejectedInput(error: unknown): boolean {
  const origin = property(error, 'cause') ?? error
  return property(origin, 'name') === 'TypeError' && !property(error, 'request')
}
