/** Where a guard stands: round the adapter of a request, or round one that is handed to another. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { dispatcherOf, type Adapter } from './axios.js'
import { attempt, type Guard } from './guard.js'
import type { JudgeOutcome } from './judge.js'
import { Passage, passageOn } from './passage.js'
import type { Route } from './route.js'
import { setAdapter, type Post, type Wrapper } from './wrapper.js'

/**
 * Puts the guard round the request's adapter. Never throws: before axios 1.19 an error thrown by a
 * synchronous interceptor may let the request go.
 */
export function guard(config: InternalAxiosRequestConfig, post: Post): InternalAxiosRequestConfig {
  // Another interceptor returned nothing: axios says so.
  if (typeof config !== 'object' || config === null) return config
  const { adapter } = config
  if (isGuardedBy(adapter, post.route)) return config
  const guarding = ((final) => {
    // Errors and responses carry the config on: re-issued elsewhere, it must not bring the guard along.
    restore(final, adapter)
    return attempt(final, guarding)
  }) as Guard
  guarding.wrapped = adapter
  guarding.post = post
  if (setAdapter(config, guarding)) return config
  const copy: InternalAxiosRequestConfig = Object.create(Object.getPrototypeOf(config))
  return Object.assign(copy, config, { adapter: guarding })
}

/** True for a config that was re-issued before it reached its adapter, under other guards or not. */
function isGuardedBy(adapter: Adapter, route: Route): boolean {
  // Written out, as each request comes by.
  let wrapper = adapter as Wrapper | undefined
  while (typeof wrapper === 'function' && wrapper.post?.route !== route) {
    wrapper = wrapper.wrapped as Wrapper | undefined
  }
  return typeof wrapper === 'function'
}

/** Without a look whether it worked: nothing could be done. */
function restore(config: InternalAxiosRequestConfig, adapter: Adapter): void {
  try {
    config.adapter = adapter as NonNullable<Adapter>
  } catch {
    // Somebody froze it.
  }
}

/** The adapter that asks the circuit itself, to be handed to an adapter of another kind: a cache. */
export function guardAdapter(
  adapter: AxiosAdapter,
  circuit: ManagedCircuit,
  judge: JudgeOutcome | undefined,
): AxiosAdapter {
  const guarding = ((config) => {
    if (circuit.isReleased) return dispatcherOf(adapter, config)(config)
    Passage.to(circuit, passageOn(config))?.leave()
    return attempt(config, guarding)
  }) as Guard
  return Object.assign(guarding, {
    wrapped: adapter as Adapter,
    post: { route: circuit, judge },
  })
}
