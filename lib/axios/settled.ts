/** Sends a request, and hears once how it ended, whatever the adapter answers with. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property, tried } from '../property.js'
import type { AttemptResult } from './outcome.js'

type Callback = ((value: unknown) => unknown) | null | undefined
type Succeed = (response: AxiosResponse) => AxiosResponse
type Fail = (error: unknown) => never

/** Guards within each other that are called within each other: with thousands the stack would not do. */
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
 * The caller gets what axios makes of the adapter's answer. What an adapter throws at once is thrown
 * on: of a promise, axios would first look at it.
 */
export function settled(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  hear: (result: AttemptResult) => void,
): Promise<AxiosResponse> {
  let isHeard = false
  const tell = (result: AttemptResult): void => {
    if (!isHeard) hear(result)
    isHeard = true
  }
  const succeed: Succeed = (response) => {
    tell({ config, response })
    return response
  }
  const fail: Fail = (error) => {
    tell({ config, error, ...responseOf(error) })
    throw error
  }
  try {
    const answer = send(dispatch, config)
    return isOrdinary(answer) ? answer.then(succeed, fail) : followed(answer, succeed, fail)
  } catch (error) {
    return fail(error)
  }
}

/** One that settles once, and calls nothing back. */
function isOrdinary(answer: unknown): boolean {
  return (
    answer instanceof Promise &&
    Object.getPrototypeOf(answer) === Promise.prototype &&
    !Object.hasOwn(answer, 'then') &&
    !Object.hasOwn(answer, 'constructor')
  )
}

/** Whatever its `then` does to callbacks, it does to axios's own. The first that it calls is what counts. */
function followed(
  answer: Promise<AxiosResponse>,
  succeed: Succeed,
  fail: Fail,
): Promise<AxiosResponse> {
  const follow = (onResponse: Callback, onError: Callback): unknown => {
    try {
      return answer.then(
        (response) => (onResponse ? onResponse(succeed(response)) : succeed(response)),
        (error: unknown) => {
          if (!onError) return fail(error)
          tried(() => fail(error))
          return onError(error)
        },
      )
    } catch (error) {
      return fail(error)
    }
  }
  // All else that it has, such as `catch`, goes by its `then`.
  // oxlint-disable-next-line unicorn/no-thenable -- it stands for one
  return Object.create(Object(answer), { then: { value: follow } }) as Promise<AxiosResponse>
}

function responseOf(error: unknown): { response?: AxiosResponse } {
  const response = property(error, 'response')
  return typeof response === 'object' && response !== null
    ? { response: response as AxiosResponse }
    : {}
}
