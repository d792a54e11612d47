/**
 * What is taken of axios. Test suites put mocks in its place that have a part of it, or nothing: so that
 * importing never fails, each thing is looked up where it is used, and has a stand-in.
 */
import * as axios from 'axios'
import type { AxiosAdapter, AxiosError, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { tryCall } from '../internal/property.js'

export type Adapter = InternalAxiosRequestConfig['adapter']

/** The class of errors that axios throws; an ordinary error where a mock has none that works. */
export const BaseError: typeof AxiosError = errorClass()

export function isAxiosError(error: unknown): error is AxiosError {
  return Boolean(tryCall(() => axios.isAxiosError(error)))
}

export function isCancel(error: unknown): boolean {
  return Boolean(tryCall(() => axios.isCancel(error)))
}

/** What sends a request of this adapter. @throws if axios has none of its name, or is no axios */
export function dispatcherOf(adapter: Adapter, config: InternalAxiosRequestConfig): AxiosAdapter {
  if (typeof adapter === 'function') return adapter
  // The types of axios 1.7 to 1.13 leave out the second argument, without which `config.env` is ignored.
  const lookUp = axios.getAdapter as (
    adapter: Adapter,
    config: InternalAxiosRequestConfig,
  ) => AxiosAdapter
  return lookUp(adapter ?? axios.default.defaults.adapter, config)
}

export function newHeaders(): AxiosResponse['headers'] {
  return tryCall(() => new axios.AxiosHeaders()) ?? {}
}

/** Tried, as what a mock has under the name may make nothing. */
function errorClass(): typeof AxiosError {
  const works = tryCall(() => new axios.AxiosError('works').message)
  return works ? axios.AxiosError : (Error as unknown as typeof AxiosError)
}
