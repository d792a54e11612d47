/** Sends a request, and reports its end once, whatever the adapter returns. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { reasonOf, type AttemptResult } from './outcome.js'

type Callback = ((value: unknown) => unknown) | null | undefined

/** Records the end of the attempt. */
interface Recorder {
  end(result: AttemptResult): void
}

/** The deepest nesting of guards on the stack. Thousands of nested guards would overflow it. */
const DEEPEST = 100
let depth = 0

export function send(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse> {
  if (depth >= DEEPEST) return Promise.resolve().then(() => dispatch(config))
  try {
    depth += 1
    return dispatch(config)
  } finally {
    depth -= 1
  }
}

/**
 * The caller gets what axios makes of the adapter's answer. A synchronous error of the adapter is rethrown
 * synchronously, because axios treats a rejected promise differently.
 */
export function settled(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  recorder: Recorder,
): Promise<AxiosResponse> {
  const fail = (error: unknown): never => {
    recorder.end({ config, error, ...responseOf(error, config) })
    throw error
  }
  let answer: Promise<AxiosResponse>
  try {
    answer = send(dispatch, config)
    if (!isOrdinary(answer)) return followed(answer, config, recorder)
  } catch (error) {
    return fail(error)
  }
  return answer.then((response) => {
    recorder.end({ config, response })
    return response
  }, fail)
}

/** Whether the answer is a native promise, which settles once. */
function isOrdinary(answer: Promise<AxiosResponse> | undefined): boolean {
  return answer?.then === Promise.prototype.then && answer.constructor === Promise
}

/** Wraps a foreign `then`: it treats axios's callbacks as before, and its first call counts. */
function followed(
  answer: Promise<AxiosResponse>,
  config: InternalAxiosRequestConfig,
  recorder: Recorder,
): Promise<AxiosResponse> {
  let isRecorded = false
  const recordOnce = (ending: Partial<AttemptResult>): void => {
    const { error } = ending
    if (!isRecorded) recorder.end({ config, ...ending, ...responseOf(error, config) })
    isRecorded = true
  }
  const value = (onResponse: Callback, onError: Callback): unknown =>
    thenOf(answer, recordOnce, onResponse, onError)
  // Its other methods, such as `catch`, use its `then`.
  // oxlint-disable-next-line unicorn/no-thenable -- it stands for one
  return Object.create(Object(answer), { then: { value } }) as Promise<AxiosResponse>
}

function thenOf(
  answer: Promise<AxiosResponse>,
  record: (ending: Partial<AttemptResult>) => void,
  onResponse: Callback,
  onError: Callback,
): unknown {
  const succeed = (response: AxiosResponse): unknown => {
    record({ response })
    return onResponse ? onResponse(response) : response
  }
  const fail = (error: unknown): unknown => {
    record({ error })
    if (onError) return onError(error)
    throw error
  }
  try {
    return answer.then(succeed, fail)
  } catch (error) {
    record({ error })
    throw error
  }
}

/**
 * The caller may cancel with the error of another request. The fetch adapter then rejects with it, or with a
 * copy, and its answer is the other request's.
 */
function responseOf(error: unknown, config: object): { response?: AxiosResponse } {
  const response = property(error, 'response')
  const isOfReason = response === property(reasonOf(config), 'response')
  const isOthers = isOfReason && property(response, 'config') !== config
  return typeof response === 'object' && response !== null && !isOthers
    ? { response: response as AxiosResponse }
    : {}
}
