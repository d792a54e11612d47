import type { Snapshot } from './contract.js'

/** A circuit that nobody knows yet: closed, and older than any known one. */
export const INITIAL_SNAPSHOT: Snapshot = {
  version: 0,
  epoch: 0,
  state: 'closed',
  failureCount: 0,
  openedFor: 0,
  heldFor: 0,
}
