/** Registers the interceptors of a circuit, or of a route to several, on an axios instance. */
import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { property } from '../internal/property.js'
import { newHeaders } from './axios.js'
import { OpenedStateError } from './errors.js'
import { askFallback, type Fallback } from './fallback.js'
import type { Attachable } from './instance.js'
import type { JudgeOutcome } from './judge.js'
import { hasHandler, runInLine, runInOrder } from './order.js'
import { guard } from './place.js'
import { GUARD, markAsking } from './reentry.js'
import type { Route } from './route.js'
import { keepUnread } from './unread.js'
import type { Post } from './wrapper.js'

export interface Interception {
  readonly outcome?: JudgeOutcome | undefined
  readonly fallback?: Fallback | undefined
}

type Interceptors = AxiosInstance['interceptors']

/** The interceptors of a route on one instance. They are what its guards share, so a circuit needs no more. */
export class Registration implements Post {
  readonly route: Route
  readonly judge: JudgeOutcome | undefined
  plain: AxiosAdapter | undefined = undefined
  readonly #guarded: (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig
  readonly #id: number
  readonly #releaseAnswers: (() => void) | undefined

  constructor(instance: Attachable, route: Route, { outcome, fallback }: Interception) {
    const { request, response } = interceptorsOf(instance)
    this.route = route
    this.judge = outcome
    // It takes half the memory of a function expression.
    this.#guarded = guard.bind(undefined, this)
    const options = { synchronous: true, runWhen: markAsking }
    this.#id = request.use(this.#guarded, undefined, options)
    runInOrder(request)
    try {
      this.#releaseAnswers = fallback && answerRefusals(response, route, fallback)
    } catch (error) {
      // All or nothing: nobody could remove the guard of a circuit that was never returned.
      this.release(instance)
      throw error
    }
  }

  /** Removes the interceptors. */
  release(instance: Attachable): void {
    const { request } = interceptorsOf(instance)
    ejectOwn(request, this.#id, this.#guarded)
    runInLine(request)
    this.#releaseAnswers?.()
  }
}

function answerRefusals(
  response: Interceptors['response'],
  route: Route,
  fallback: Fallback,
): () => void {
  const answered = (error: unknown) => answerRefusal(error, route, fallback)
  answered[GUARD] = true
  const id = response.use(undefined, answered)
  runInOrder(response)
  return () => {
    ejectOwn(response, id, answered)
    runInLine(response)
  }
}

function interceptorsOf(instance: Attachable): Interceptors {
  return instance.interceptors as unknown as Interceptors
}

/** Before axios 1.20, ids are indexes. After a `clear()`, ours may belong to another interceptor. */
function ejectOwn(interceptors: Interceptors[keyof Interceptors], id: number, own: unknown): void {
  const isOwn = (handler: unknown): boolean =>
    property(handler, 'fulfilled') === own || property(handler, 'rejected') === own
  if (hasHandler(interceptors, isOwn)) interceptors.eject(id)
}

async function answerRefusal(
  error: unknown,
  route: Route,
  fallback: Fallback,
): Promise<AxiosResponse> {
  if (!(error instanceof OpenedStateError)) throw error
  // Read `config` last: a refusal makes it on demand.
  if (!route.circuitBehind(error) || !error.config) throw error
  const { config } = error
  const answer = await keepUnread(config.data, () => askFallback(fallback, error, config, route))
  if (!isResponse(answer)) return responseWith(answer, config)
  // Interceptors of others rely on it.
  return answer.config ? answer : { ...answer, config }
}

function isResponse(value: unknown): value is AxiosResponse {
  if (typeof value !== 'object' || value === null) return false
  return 'data' in value && 'status' in value && 'headers' in value
}

/** A cache must not keep it as if the service had sent it. */
function responseWith(data: unknown, config: InternalAxiosRequestConfig): AxiosResponse {
  const headers = newHeaders({ 'cache-control': 'no-store' })
  return { data, status: 200, statusText: 'OK', headers, config }
}
