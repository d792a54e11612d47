/**
 * Everything that the library uses of axios. Test suites replace axios by mocks that have only parts of it.
 * Each part is looked up when it is used and has a substitute, so that importing never fails.
 */
import * as axios from 'axios'
import type {
  AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  AxiosResponse,
  InternalAxiosRequestConfig,
  RawAxiosHeaders,
} from 'axios'
import { tryCall } from '../internal/property.js'

export type Adapter = InternalAxiosRequestConfig['adapter']

/** The class of axios's errors, or Error if a mock has no working one. */
export const BaseError: typeof AxiosError = errorClass()

/** The class of the headers that axios's own adapters read. */
const OwnHeaders = tryCall(() => axios.AxiosHeaders)

export function isAxiosError(error: unknown): boolean | undefined {
  return tryCall(() => axios.isAxiosError(error))
}

export function isCancel(error: unknown): boolean | undefined {
  return tryCall(() => axios.isCancel(error))
}

/** @returns the function that sends a request. @throws if axios has no adapter of this name, or is a mock */
export function dispatcherOf(adapter: Adapter, config: InternalAxiosRequestConfig): AxiosAdapter {
  if (typeof adapter === 'function') return adapter
  // The types of axios 1.7 to 1.13 leave out the second argument, without which `config.env` is ignored.
  const lookUp = axios.getAdapter as (
    adapter: Adapter,
    config: InternalAxiosRequestConfig,
  ) => AxiosAdapter
  // As axios does: `false` and an empty name are no adapter either.
  const dispatch = lookUp(adapter || axios.default.defaults.adapter, config)
  const Headers: unknown = config.headers?.constructor
  const isOwn = !OwnHeaders || Headers === OwnHeaders
  return isOwn || !isHeaders(Headers) ? dispatch : translated(dispatch, Headers)
}

/** Not the class of plain headers, which an adapter round the guard may have set. */
function isHeaders(type: unknown): type is typeof AxiosHeaders {
  return typeof type === 'function' && 'concat' in type
}

/**
 * For a request of another copy of axios: another version, or this one in its other module format. Before axios 1.9,
 * no copy can read the headers of another one. So the adapter gets headers of its own copy, and gives back those of
 * the request's.
 */
function translated(dispatch: AxiosAdapter, Headers: typeof AxiosHeaders): AxiosAdapter {
  return (config) => {
    const sent = { ...config, headers: translate(config.headers, axios.AxiosHeaders) }
    const giveBack = (result: Partial<AxiosError & AxiosResponse> | undefined): void => {
      if (result?.config !== sent) return
      result.config = config
      if (result.headers) result.headers = translate(result.headers, Headers)
      giveBack(result.response)
    }
    const settle = <Result>(result: Result): Result => {
      // The caller may cancel with anything, such as a frozen error.
      tryCall(() => giveBack(result as AxiosError))
      return result
    }
    return dispatch(sent).then(settle, (error: unknown) => {
      throw settle(error)
    })
  }
}

function translate(
  headers: AxiosResponse['headers'],
  Headers: typeof AxiosHeaders,
): InternalAxiosRequestConfig['headers'] {
  return new Headers(Object.assign({}, headers as RawAxiosHeaders))
}

export function newHeaders(headers: Readonly<Record<string, string>>): AxiosResponse['headers'] {
  return tryCall(() => new axios.AxiosHeaders(headers)) ?? headers
}

/** Tries the class, because a mock's AxiosError may not work. */
function errorClass(): typeof AxiosError {
  const works = tryCall(() => new axios.AxiosError('works').message)
  return works ? axios.AxiosError : (Error as unknown as typeof AxiosError)
}
