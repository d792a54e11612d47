/** Registers a circuit's interceptors on an axios instance. */
import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { property } from '../internal/property.js'
import { newHeaders } from './axios.js'
import { OpenedStateError } from './errors.js'
import { askFallback, type Fallback } from './fallback.js'
import type { Attachable } from './instance.js'
import type { JudgeOutcome } from './judge.js'
import { runAround, runInLine } from './order.js'
import { guard } from './place.js'
import { markAsking } from './reentry.js'

export interface Interception {
  readonly outcome?: JudgeOutcome | undefined
  readonly fallback?: Fallback | undefined
}

type Interceptors = AxiosInstance['interceptors']

/** @returns what takes the interceptors off again */
export function intercept(
  instance: Attachable,
  circuit: ManagedCircuit,
  { outcome, fallback }: Interception,
): () => void {
  const { interceptors } = instance as Pick<AxiosInstance, 'interceptors'>
  const release = guardRequests(interceptors.request, circuit, outcome)
  if (!fallback) return release
  try {
    const releaseAnswers = answerRefusals(interceptors.response, circuit, fallback)
    return () => {
      release()
      releaseAnswers()
    }
  } catch (error) {
    // All or nothing: nobody could take a guard off whose circuit was never handed out.
    release()
    throw error
  }
}

function guardRequests(
  request: Interceptors['request'],
  circuit: ManagedCircuit,
  judge: JudgeOutcome | undefined,
): () => void {
  const guarded = (config: InternalAxiosRequestConfig) => guard(config, circuit, judge)
  const id = request.use(guarded, undefined, { synchronous: true, runWhen: markAsking })
  runAround(request)
  return () => {
    ejectOwn(request, id, guarded)
    runInLine(request)
  }
}

function answerRefusals(
  response: Interceptors['response'],
  circuit: ManagedCircuit,
  fallback: Fallback,
): () => void {
  const answered = (error: unknown) => answerRefusal(error, circuit, fallback)
  const id = response.use(undefined, answered)
  return () => ejectOwn(response, id, answered)
}

/** Before axios 1.20 ids are indexes: after somebody's `clear()` ours may be another's. */
function ejectOwn(interceptors: Interceptors[keyof Interceptors], id: number, own: unknown): void {
  const handlers = property(interceptors, 'handlers')
  const isOwn = (handler: unknown): boolean =>
    property(handler, 'fulfilled') === own || property(handler, 'rejected') === own
  if (Array.isArray(handlers) && handlers.some(isOwn)) interceptors.eject(id)
}

async function answerRefusal(
  error: unknown,
  circuit: ManagedCircuit,
  fallback: Fallback,
): Promise<AxiosResponse> {
  if (!(error instanceof OpenedStateError) || error.circuit !== circuit.name || !error.config)
    throw error
  const { config } = error
  const answer = await askFallback(fallback, error, config, circuit)
  return isResponse(answer) ? answer : responseWith(answer, config)
}

function isResponse(value: unknown): value is AxiosResponse {
  if (typeof value !== 'object' || value === null) return false
  return 'data' in value && 'status' in value && 'headers' in value
}

function responseWith(data: unknown, config: InternalAxiosRequestConfig): AxiosResponse {
  return { data, status: 200, statusText: 'OK', headers: newHeaders(), config }
}
