/**
 * What this process knows of Redis's clock: enough to say how old a message is that lay in a socket, and
 * until when a command is wanted. Both are judged in favour of what is young: two clocks drift apart.
 */

import type { Snapshot } from '../storage/contract.js'

/** Seconds by which two clocks may drift apart in one second; quartz is ten times better. */
const DRIFT = 0.0005

/** Seconds: a message is not as good as new only if it was held up somewhere. */
const YOUNG = 0.25

interface Reading {
  /** Redis's clock. */
  readonly time: number
  /** This process's clock when the command was sent, and when its answer was read. */
  readonly sentAt: number
  readonly readAt: number
}

export class ServerClock {
  readonly #now: () => number
  #reading: Reading | undefined

  /** @param now monotonic seconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Keeps the reading that says most: one that a busy or frozen process took late says little. */
  read(reading: Reading): void {
    const known = this.#reading
    const isBetter = !known || widthOf(reading, reading.readAt) <= widthOf(known, reading.readAt)
    if (isBetter || this.#isStep(reading)) this.#reading = reading
  }

  /** Redis's clock at this moment is no later than this. 0: nothing is known. */
  get latest(): number {
    const known = this.#reading
    if (!known) return 0
    const now = this.#now()
    return known.time + (now - known.sentAt) + DRIFT * (now - known.sentAt)
  }

  /** Seconds that have passed, at the least, since Redis's clock showed this time; 0 for what is young. */
  ageOf(time: number): number {
    const age = this.#earliest - time
    return age > YOUNG ? age : 0
  }

  get #earliest(): number {
    const known = this.#reading
    if (!known) return 0
    const passed = this.#now() - known.readAt
    return known.time + passed - DRIFT * passed
  }

  /** The clock was set, or another server has taken over: what was known is wrong. */
  #isStep({ time, sentAt, readAt }: Reading): boolean {
    const now = this.#now()
    const earliest = this.#earliest - (now - sentAt)
    const latest = this.latest - (now - readAt)
    return time < earliest || time > latest
  }
}

/** Seconds between the earliest and the latest that Redis's clock can show at `now`. */
function widthOf({ sentAt, readAt }: Reading, now: number): number {
  return readAt - sentAt + 2 * DRIFT * (now - sentAt)
}

/** A message that lay in a socket says how things were when it was sent. */
export function agedBy(snapshot: Snapshot, age: number): Snapshot {
  if (snapshot.state === 'closed') return snapshot
  const { openedFor, heldFor } = snapshot
  return { ...snapshot, openedFor: openedFor + age, heldFor: Math.max(0, heldFor - age) }
}
