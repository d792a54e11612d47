/**
 * Everything that the library uses of axios. Test suites replace axios by mocks that have only parts of it.
 * Each part is looked up when it is used and has a substitute, so that importing never fails.
 */
import * as axios from 'axios'
import type { AxiosAdapter, AxiosError, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { tryCall } from '../internal/property.js'

export type Adapter = InternalAxiosRequestConfig['adapter']

/** The class of axios's errors, or Error if a mock has no working one. */
export const BaseError: typeof AxiosError = errorClass()

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
  return lookUp(adapter || axios.default.defaults.adapter, config)
}

export function newHeaders(): AxiosResponse['headers'] {
  return tryCall(() => new axios.AxiosHeaders()) ?? {}
}

/** Tries the class, because a mock's AxiosError may not work. */
function errorClass(): typeof AxiosError {
  const works = tryCall(() => new axios.AxiosError('works').message)
  return works ? axios.AxiosError : (Error as unknown as typeof AxiosError)
}
