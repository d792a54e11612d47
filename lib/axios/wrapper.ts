/**
 * The wrappers that circuits put round the adapter of a request: guards, and marks of requests that fallbacks
 * send. Their properties identify them even if they are nested: axios, plugins and copies pass adapters on.
 */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { Adapter } from './axios.js'
import type { Attachable } from './instance.js'
import type { JudgeOutcome } from './judge.js'
import type { Route } from './route.js'

/** A running call of this route's fallback. */
export interface Asking {
  readonly route: Route
  /** The call that sent the request which this one answers. */
  readonly around: Asking | undefined
  /** Set once the fallback has answered. Then its config may be sent again. */
  isOver?: boolean
}

/** What the guards of one instance share. */
export interface Post {
  readonly route: Route
  readonly judge: JudgeOutcome | undefined
  /** The last adapter that was checked, if it is not a cache's. Most instances have only one adapter. */
  plain: AxiosAdapter | undefined
  /** Set for the guards of an instance, which are made for each request. Those of an adapter stay the same. */
  release?(instance: Attachable): void
}

export interface Wrapper extends AxiosAdapter {
  /** The adapter below it. */
  wrapped?: Adapter
  /** Set for a guard. */
  post?: Post
  /** Set for a mark. */
  asking?: Asking
}

/** Finds the outermost wrapper for which `isIt` holds. */
export function findWrapper(
  adapter: Adapter,
  isIt: (wrapper: Wrapper) => unknown,
): Wrapper | undefined {
  let wrapper = adapter as Wrapper | undefined
  while (typeof wrapper === 'function' && !isIt(wrapper)) wrapper = wrapper.wrapped as Wrapper
  return typeof wrapper === 'function' ? wrapper : undefined
}

/**
 * Finds the adapter below all wrappers that are made for each request, since whatever is known of an adapter is kept
 * by its identity. undefined for one of axios's own, which has a name.
 *
 * @param plain an adapter that is known to be no wrapper: most requests have the same one
 */
export function adapterBelow(
  adapter: Adapter,
  plain: AxiosAdapter | undefined,
): AxiosAdapter | undefined {
  return adapter === plain ? plain : findWrapper(adapter, staysTheSame)
}

function staysTheSame({ asking, post }: Wrapper): unknown {
  return !asking && !post?.release
}

/** @returns whether it worked: false if the config is frozen */
export function setAdapter(config: InternalAxiosRequestConfig, adapter: Adapter): boolean {
  try {
    config.adapter = adapter as NonNullable<Adapter>
    return config.adapter === adapter
  } catch {
    return false
  }
}
