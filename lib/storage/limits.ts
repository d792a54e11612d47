/** Bounds that every storage and every process keep alike. Times in seconds. */

/** A failure proves nothing for longer than this, however long the ttl is. */
export const LONGEST_PROOF = 60
/** Processes whose evidence is kept for a circuit: more than a threshold and a quorum of usual size ever need. */
export const MOST_REPORTED = 128
/** A version this far ahead of the storage's clock is not believed: somebody else wrote it. */
export const FAR_FUTURE = 86_400
/** A permit whose holder no longer renews it ends after as many leases, whatever its entry says. */
export const LONGEST_PERMIT = 2
/** But not before its own length is over, up to this one: its process may lend for longer than the one that asks. */
export const PERMIT_OF_OTHERS = 60

/** Permits that are kept for a circuit, whatever its option says. */
export const MOST_PERMITS = 256

/** How long a failure stands: had it opened the circuit, the circuit would be due again after its ttl. */
export function proofLife(ttl: number): number {
  return Math.min(ttl, LONGEST_PROOF)
}

/** For how long a poll of all processes lasts, before another may begin. */
export const POLL = 0.75
/** From this age of a poll on, its answers decide if they include as many requests as usual. */
export const POLL_USUAL = 0.25
/** From this age on, the answers decide, however many there are. */
export const POLL_PATIENCE = 0.5
/** Answers include as many requests as usual if they include this part of the last count. */
export const USUAL = 0.8
/** How long the number of requests that a poll has counted is taken as usual. */
export const CENSUS = 300
/** Seconds for each answer, after which the requests are counted again, so that this costs a command in as long. */
export const RECOUNT = 2
/** Processes that are to answer a poll; of more, each draws whether it does. */
export const MOST_ANSWERS = 100
/** Reporters with the most failures above the threshold that a poll keeps apart: a quorum may leave them out. */
export const MOST_APART = 32
/** The part of a rate's threshold at which failures are suspicious. */
export const SUSPICIOUS = 0.5

/** Circuits that may be forced at once. */
export const MOST_FORCES = 1000
/** Lifted forces that a list remembers one by one. */
export const MOST_LIFTED = 100
/** How long a list remembers a lifted force, unless there are more of them. */
export const LIFTED_LIFE = 86_400
