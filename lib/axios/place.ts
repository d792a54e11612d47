/** Where a guard stands: round the adapter of a request, or round one that is handed to another. */
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { dispatcherOf, type Adapter } from './axios.js'
import { attempt, type Guarded } from './guard.js'
import type { JudgeOutcome } from './judge.js'
import { Passage } from './passage.js'

interface Guard extends AxiosAdapter {
  guarded?: Guarded
}

/**
 * Puts the guard round the request's adapter. Never throws: before axios 1.19 an error thrown by a
 * synchronous interceptor may let the request go.
 */
export function guard(
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
  judge?: JudgeOutcome,
): InternalAxiosRequestConfig {
  // Another interceptor returned nothing: axios says so.
  if (typeof config !== 'object' || config === null) return config
  const { adapter } = config
  if (isGuardedBy(adapter, circuit)) return config
  const guarded: Guarded = { circuit, adapter, judge }
  const guarding: Guard = (final) => {
    restore(final, adapter)
    return attempt(final, guarded)
  }
  guarding.guarded = guarded
  try {
    config.adapter = guarding
    if (config.adapter === guarding) return config
  } catch {
    // Somebody froze the config.
  }
  const copy: InternalAxiosRequestConfig = Object.create(Object.getPrototypeOf(config))
  return Object.assign(copy, config, { adapter: guarding })
}

/** The adapter that asks the circuit itself, to be handed to an adapter of another kind: a cache. */
export function guardAdapter(
  adapter: Adapter,
  circuit: ManagedCircuit,
  judgeOf: () => JudgeOutcome | undefined,
): AxiosAdapter {
  const guarding: Guard = (config) => {
    const { isReleased } = circuit
    if (isReleased) return dispatcherOf(adapter, config)(config)
    const around = Passage.adapterAround(config, circuit)
    if (around) circuit.leaveTo(around)
    return attempt(config, { circuit, adapter, judge: judgeOf() })
  }
  guarding.guarded = { circuit, adapter, judge: undefined }
  return guarding
}

/** True for a config that was re-issued before it reached its adapter, under other guards or not. */
function isGuardedBy(adapter: Adapter, circuit: ManagedCircuit): boolean {
  const guarded = (adapter as Guard | undefined)?.guarded
  if (!guarded) return false
  return guarded.circuit === circuit || isGuardedBy(guarded.adapter, circuit)
}

/** Errors and responses carry the config on: re-issued elsewhere, it must not bring the guard along. */
function restore(config: InternalAxiosRequestConfig, adapter: Adapter): void {
  try {
    config.adapter = adapter as NonNullable<Adapter>
  } catch {
    // A wrapper froze the config.
  }
}
