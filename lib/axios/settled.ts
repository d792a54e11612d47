/** Sends a request, and hears once how it ended, whatever the adapter answers with. */
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../property.js'
import type { AttemptResult } from './outcome.js'

type Hear = (result: AttemptResult) => void
type Callback = ((value: unknown) => unknown) | null | undefined

/**
 * The caller gets what axios makes of the adapter's answer. What an adapter throws at once is thrown
 * on: of a promise, axios would first look at it.
 */
export function settled(
  dispatch: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  hear: Hear,
): Promise<AxiosResponse> {
  const fail = (error: unknown): never => {
    hear({ config, error, ...responseOf(error) })
    throw error
  }
  let answer: Promise<AxiosResponse>
  try {
    answer = dispatch(config)
  } catch (error) {
    return fail(error)
  }
  if (!isOrdinary(answer)) return followed(answer, config, hear)
  return answer.then((response) => {
    hear({ config, response })
    return response
  }, fail)
}

/** One that settles once, and calls nothing back. */
function isOrdinary(answer: unknown): answer is Promise<AxiosResponse> {
  return (
    answer instanceof Promise &&
    Object.getPrototypeOf(answer) === Promise.prototype &&
    !Object.hasOwn(answer, 'then') &&
    !Object.hasOwn(answer, 'constructor')
  )
}

/** Whatever its `then` does to callbacks, it does to axios's own. The first that it calls is what counts. */
function followed(
  answer: object,
  config: InternalAxiosRequestConfig,
  hear: Hear,
): Promise<AxiosResponse> {
  let isHeard = false
  const hearOnce = (result: object): void => {
    if (!isHeard) hear({ config, ...result })
    isHeard = true
  }
  const then = (onResponse: Callback, onError: Callback): unknown => {
    try {
      return (answer as PromiseLike<AxiosResponse>).then(
        (response) => {
          hearOnce({ response })
          return onResponse ? onResponse(response) : response
        },
        (error: unknown) => {
          hearOnce({ error, ...responseOf(error) })
          if (onError) return onError(error)
          throw error
        },
      )
    } catch (error) {
      hearOnce({ error })
      throw error
    }
  }
  // All else that it has, such as `catch`, goes by its `then`.
  return Object.create(Object(answer), { then: { value: then } }) as Promise<AxiosResponse>
}

function responseOf(error: unknown): { response?: AxiosResponse } {
  const response = property(error, 'response')
  return typeof response === 'object' && response !== null
    ? { response: response as AxiosResponse }
    : {}
}
