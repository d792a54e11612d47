/** Bounds that every storage and every process keep alike. Times in seconds. */

/** A failure proves nothing for longer than this, however long the ttl is. */
export const LONGEST_PROOF = 60
/** Processes whose evidence is kept for a circuit: more than a threshold and a quorum of usual size ever need. */
export const MOST_REPORTED = 128
/** A version this far ahead of the storage's clock is no version: somebody else wrote it. */
export const FAR_FUTURE = 86_400
/** A permit whose holder no longer renews it ends after as many leases, whatever its entry says. */
export const LONGEST_PERMIT = 2

/** How long a failure stands: had it opened the circuit, the circuit would be due again after its ttl. */
export function proofLife(ttl: number): number {
  return Math.min(ttl, LONGEST_PROOF)
}

/** For how long a poll of all processes lasts, before another may begin. */
export const POLL = 0.75
/** From then on the answers decide, if there are as many as are usual. */
export const POLL_USUAL = 0.25
/** From then on they decide, however many there are. */
export const POLL_PATIENCE = 0.5
/** The part of the usual requests that makes answers as many as are usual. */
export const USUAL = 0.8
/** For how long what a poll has counted says what is usual. */
export const CENSUS = 300
/** Processes that are to answer a poll; of more, each draws whether it does. */
export const MOST_ANSWERS = 100
/** Reporters with the most failures that a poll keeps apart, as the quorum may leave them out. */
export const MOST_APART = 32
/** The part of a rate's threshold at which failures are suspicious. */
export const SUSPICIOUS = 0.5
