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
