/** A service without a network, so that only the code in front of it is timed. */
import axios, { AxiosError, AxiosHeaders } from 'axios'

/** @import { InternalAxiosRequestConfig } from 'axios' */
/** @typedef {{ hits: number }} Service */

export const UP = '/up'
export const DOWN = '/down'

/** @returns an axios instance, and the number of requests that reached its service */
export function connect() {
  /** @type {Service} */
  const service = { hits: 0 }
  /** @param {InternalAxiosRequestConfig} config */
  const adapter = (config) => {
    service.hits += 1
    return answer(config)
  }
  return { instance: axios.create({ adapter }), service }
}

/**
 * Fails as axios's own adapters do. It is a timeout, because axios-retry does not retry those.
 *
 * @param {InternalAxiosRequestConfig} config
 */
export async function answer(config) {
  if (config.url === DOWN) throw new AxiosError('timeout exceeded', 'ECONNABORTED', config)
  return { data: null, status: 200, statusText: 'OK', headers: new AxiosHeaders(), config }
}
