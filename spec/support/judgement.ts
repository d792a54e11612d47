/** Finds out the outcome of an attempt through the public API only. */
import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { CircuitBreaker, type Outcome } from '../../lib/index.js'

export type Judgement = Outcome | 'not dispatched'
export type Send = (instance: AxiosInstance) => unknown

/**
 * The circuit has one failure beforehand. A success resets it, another failure adds to it, and an ignored
 * attempt leaves it.
 */
export async function judgementOf(send: Send, defaults: object = {}): Promise<Judgement> {
  let attempts = -1
  const outcome = (): undefined => {
    attempts += 1
    return undefined
  }
  const instance = axios.create(defaults)
  const circuit = new CircuitBreaker({ threshold: 100 }).attach(instance, 'judged', { outcome })
  await instance.get('/', { adapter: failing }).catch(() => undefined)
  try {
    await send(instance)
  } catch {
    // It does not matter whether the caller sees an error.
  }
  if (attempts > 1) throw new Error(`One attempt was judged ${attempts} times`)
  if (attempts === 0) return 'not dispatched'
  const counts: Judgement[] = ['success', 'ignored', 'failure']
  return counts[circuit.failureCount] ?? 'not dispatched'
}

const failing = async (_config: InternalAxiosRequestConfig): Promise<never> => {
  throw new Error('The failure beforehand')
}
