/**
 * Detects a server that answers and delivers no messages, such as a node that was taken out of its cluster,
 * or a former master.
 */

const MS_PER_SECOND = 1000
/** Seconds after which another missed message is no part of the same incident. */
const INCIDENT = 10
/** Seconds between two connections that are replaced for this. Perhaps nobody may publish messages at all. */
const PAUSE = 60

export class Deafness {
  /** When the first message was missed of those since the last one that arrived. */
  #missedAt = Infinity
  #foundAt = -Infinity

  /** Call this if a message arrives, or will arrive over another connection. */
  reset(): void {
    this.#missedAt = Infinity
  }

  /** A message was missed. @returns whether another connection is due */
  missed(): boolean {
    const now = performance.now() / MS_PER_SECOND
    this.#missedAt = Math.min(this.#missedAt, now)
    if (now - this.#missedAt < INCIDENT || now - this.#foundAt < PAUSE) return false
    this.#foundAt = now
    return true
  }
}
