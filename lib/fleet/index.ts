export { defineStorage } from './storage.js'
export { decide } from '../storage/rules/decide.js'
export { decideForces } from '../storage/rules/forces.js'
export { INITIAL_SNAPSHOT } from '../storage/initial-snapshot.js'
export type { FailureRateTerms, OpeningCause, OpeningTerms } from '../circuit/opening/terms.js'
export type { Growth, TtlRules } from '../circuit/ttl.js'
export type { CircuitState, FailureReason, Outcome, ProbesRule } from '../circuit/types.js'
export type { CircuitStorage } from '../breaker/membership.js'
export type { Decision } from '../storage/rules/decide.js'
export type { ForceDecision } from '../storage/rules/forces.js'
export type { KeptForce, KeptForces } from '../storage/rules/kept-forces.js'
export type { HeldPermit, Kept, Reported } from '../storage/rules/kept.js'
export type { Poll as KeptPoll, Sums } from '../storage/rules/opening/poll.js'
export type { Census, Pool } from '../storage/rules/opening/pool.js'
export type {
  Answer,
  Command,
  Connection,
  ConnectionListener,
  Evidence,
  Poll,
  Question,
  Snapshot,
  Terms,
  WindowEvidence,
} from '../storage/contract.js'
export { NO_FORCES } from '../storage/forces.js'
export type {
  Force,
  ForceAnswer,
  ForceCommand,
  ForceList,
  ForceQuestion,
  LiftedForce,
  ListedForce,
} from '../storage/forces.js'
export type { SharingOptions } from './sharing.js'
export type { Connect, SharedStorage, StorageDefinition } from './storage.js'
