/** Puts guards round the adapter of a request, or round an adapter that is passed to another. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { dispatcherOf, type Adapter } from './axios.js'
import { attempt, type Guard } from './guard.js'
import type { JudgeOutcome } from './judge.js'
import { Passage, passageOn } from './passage.js'
import type { Route } from './route.js'
import { setAdapter, type Post, type Wrapper } from './wrapper.js'

/**
 * Puts the guard round the request's adapter. Never throws: before axios 1.19, an error of a
 * synchronous interceptor may not stop the request.
 */
export function guard(post: Post, config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  // Another interceptor returned nothing. axios reports that.
  if (typeof config !== 'object' || config === null) return config
  const { adapter } = config
  if (isGuardedBy(adapter, post.route)) return config
  const guarding = ((final) => {
    // Errors and responses carry the config. If it is sent again elsewhere, it must not carry the guard.
    restore(final, adapter)
    return attempt(final, guarding)
  }) as Guard
  guarding.wrapped = adapter
  guarding.post = post
  if (setAdapter(config, guarding)) return config
  const copy: InternalAxiosRequestConfig = Object.create(Object.getPrototypeOf(config))
  return Object.assign(copy, config, { adapter: guarding })
}

/** Whether the config already has this guard, because it was sent again before it reached its adapter. */
function isGuardedBy(adapter: Adapter, route: Route): boolean {
  // A plain loop, because this runs for each request.
  let wrapper = adapter as Wrapper | undefined
  while (typeof wrapper === 'function' && wrapper.post?.route !== route) {
    wrapper = wrapper.wrapped as Wrapper | undefined
  }
  return typeof wrapper === 'function'
}

/** Does not check whether it worked, because nothing could be done. */
function restore(config: InternalAxiosRequestConfig, adapter: Adapter): void {
  try {
    config.adapter = adapter as NonNullable<Adapter>
  } catch {
    // Somebody froze it.
  }
}

/** @returns an adapter that asks the circuit itself, to pass to another adapter such as a cache */
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
    post: { route: circuit, judge, plain: undefined },
  })
}
