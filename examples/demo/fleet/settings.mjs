/** The settings of the fleet's story. */
import { CIRCUITS } from '../settings.mjs'

/** The processes that share a circuit, in the order in which they are called. */
export const PROCESSES = ['A', 'B', 'C']

export const KIND = 'users'
export const { threshold: THRESHOLD, ttl: TTL } = CIRCUITS[KIND]

/** How many callers of each process come at once when the circuit half-opens. */
export const CALLERS = 2

/** What the operator says in the last scene. The force lasts for so many seconds. */
export const OPERATOR = { by: 'ann', trial: 'trying the rule', reason: 'maintenance', lasts: 3 }

/** How long the story waits for what should happen at once, as the machine may be busy, in milliseconds. */
export const PATIENCE = 2000
