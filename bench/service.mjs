/** A service without a network: all that is left to time is what stands before it. */
import axios, { AxiosError, AxiosHeaders } from 'axios'

export const UP = '/up'
export const DOWN = '/down'

/** @returns an axios instance, and how many requests came to its service */
export function connect() {
  const service = { hits: 0 }
  const adapter = (config) => {
    service.hits += 1
    return answer(config)
  }
  return { instance: axios.create({ adapter }), service }
}

/** As axios's own adapters fail. A timeout, for that is what axios-retry leaves alone. */
export async function answer(config) {
  if (config.url === DOWN) throw new AxiosError('timeout exceeded', 'ECONNABORTED', config)
  return { data: null, status: 200, statusText: 'OK', headers: new AxiosHeaders(), config }
}
