export { defineStorage } from './storage.js'
export { decide } from '../storage/rules/decide.js'
export { INITIAL_SNAPSHOT } from '../storage/initial-snapshot.js'
export type { OpeningTerms } from '../circuit/opening/terms.js'
export type { CircuitState, FailureReason, Outcome } from '../circuit/types.js'
export type { CircuitStorage } from '../breaker/membership.js'
export type { Decision } from '../storage/rules/decide.js'
export type { HeldPermit, Kept, Reported } from '../storage/rules/kept.js'
export type {
  Answer,
  Command,
  Connection,
  ConnectionListener,
  Evidence,
  Question,
  Snapshot,
  Terms,
} from '../storage/contract.js'
export type { SharingOptions } from './sharing.js'
export type { Connect, SharedStorage, StorageDefinition } from './storage.js'
