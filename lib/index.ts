export { CircuitBreaker } from './breaker/circuit-breaker.js'
export { byHost } from './axios/by-host.js'
export { NotInitializedError, OpenedStateError } from './axios/errors.js'
export { ConfigError } from './internal/config-error.js'
export type { AttemptResult } from './axios/outcome.js'
export type { JudgeOutcome } from './axios/judge.js'
export type { NameOf } from './axios/name-of.js'
export type { Attachable, Circuit, CircuitReading, ReadyOptions } from './circuit/circuit.js'
export type { CircuitEvents } from './circuit/events.js'
export type { Forced, ForcedState, ForceOptions } from './circuit/force.js'
export type { CircuitState, FailureReason, Outcome } from './circuit/types.js'
export type { FailureRateReading, OpeningCause } from './circuit/opening/terms.js'
export type { Fallback } from './axios/fallback.js'
export type { CircuitBreakerOptions, CircuitOptions } from './breaker/config.js'
export type { CircuitGroup } from './breaker/group.js'
export type { CircuitGroupOptions } from './breaker/group-options.js'
export type {
  FailureRateOptions,
  ProbesOptions,
  RulesOptions,
  TtlOptions,
} from './breaker/rules.js'
export type { EventName, Listener } from './breaker/events.js'
export type { CircuitStorage } from './breaker/membership.js'

declare module 'axios' {
  interface AxiosRequestConfig {
    /**
     * `false` sends this request past the circuit: neither refused nor recorded. Any other value than a
     * boolean or undefined rejects with `ConfigError`.
     */
    circuitBreaker?: boolean | undefined
  }
}
