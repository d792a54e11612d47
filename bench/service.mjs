/** A service without a network, so that only the code in front of it is timed. */
import axios, { AxiosError, AxiosHeaders } from 'axios'

export const UP = '/up'
export const DOWN = '/down'

/** @returns an axios instance, and the number of requests that reached its service */
export function connect() {
  const service = { hits: 0 }
  const adapter = (config) => {
    service.hits += 1
    return answer(config)
  }
  return { instance: axios.create({ adapter }), service }
}

/** Fails as axios's own adapters do. It is a timeout, because axios-retry does not retry those. */
export async function answer(config) {
  if (config.url === DOWN) throw new AxiosError('timeout exceeded', 'ECONNABORTED', config)
  return { data: null, status: 200, statusText: 'OK', headers: new AxiosHeaders(), config }
}
