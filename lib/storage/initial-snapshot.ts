import type { Snapshot } from './contract.js'

/** A circuit of which nothing is known: closed, and older than anything that is. */
export const INITIAL_SNAPSHOT: Snapshot = {
  version: 0,
  epoch: 0,
  state: 'closed',
  failureCount: 0,
  openedFor: 0,
  heldFor: 0,
}
