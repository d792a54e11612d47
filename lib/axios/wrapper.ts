/**
 * What circuits put round the adapter of a request: guards, and marks of the requests that fallbacks
 * send. Known by what they carry, through each other: axios, its plugins and copies hand adapters on.
 */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import type { Adapter } from './axios.js'
import type { JudgeOutcome } from './judge.js'
import type { Route } from './route.js'

/** That a fallback of this circuit is being asked. */
export interface Asking {
  readonly circuit: ManagedCircuit
  /** Of the request that it answers for. */
  readonly around: Asking | undefined
  /** Whoever kept the fallback's config may send it again once the fallback has answered. */
  isOver?: boolean
}

/** What the guards of one instance go by. */
export interface Post {
  readonly route: Route
  readonly judge: JudgeOutcome | undefined
  /** The adapter that was looked at last, if it is no cache's: most instances have one. */
  plain?: AxiosAdapter
}

export interface Wrapper extends AxiosAdapter {
  /** What is below it. */
  wrapped?: Adapter
  /** Of a guard. */
  post?: Post
  /** Of a mark. */
  asking?: Asking
}

/** The first wrapper, of those that are round each other, which is what is looked for. */
export function findWrapper(
  adapter: Adapter,
  isIt: (wrapper: Wrapper) => unknown,
): Wrapper | undefined {
  let wrapper = adapter as Wrapper | undefined
  while (typeof wrapper === 'function' && !isIt(wrapper)) wrapper = wrapper.wrapped as Wrapper
  return typeof wrapper === 'function' ? wrapper : undefined
}

/** @returns whether it is there: not if somebody froze the config */
export function setAdapter(config: InternalAxiosRequestConfig, adapter: Adapter): boolean {
  try {
    config.adapter = adapter as NonNullable<Adapter>
    return config.adapter === adapter
  } catch {
    return false
  }
}
