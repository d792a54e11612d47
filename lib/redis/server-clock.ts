/**
 * What this process knows of Redis's clock: enough to tell how old a message is that waited in a socket,
 * and until when a command is wanted. Two clocks drift apart, so a doubtful age counts as young.
 */

import type { Snapshot } from '../storage/contract.js'

/** Seconds by which two clocks may drift apart in one second; quartz is ten times better. */
const DRIFT = 0.0005

/** Seconds. A message that is no older than this counts as new; only one that was held up is older. */
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

  /** Keeps the most precise reading: one that a busy or frozen process took late says little. */
  read(reading: Reading): void {
    const known = this.#reading
    const isBetter = !known || widthOf(reading, reading.readAt) <= widthOf(known, reading.readAt)
    if (isBetter || this.#isStep(reading)) this.#reading = reading
  }

  /** The latest time that Redis's clock may show now; 0 if nothing is known. */
  get latest(): number {
    const known = this.#reading
    if (!known) return 0
    const now = this.#now()
    return known.time + (now - known.sentAt) + DRIFT * (now - known.sentAt)
  }

  /** At least so many seconds have passed since Redis's clock showed this time; 0 if it is young. */
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

  /** Whether Redis's clock was set, or another server took over, so that the known reading is wrong. */
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

/** A message describes the moment in which it was sent. This adds the time that it waited in a socket. */
export function agedBy(snapshot: Snapshot, age: number): Snapshot {
  if (snapshot.state === 'closed') return snapshot
  const { openedFor, heldFor } = snapshot
  return { ...snapshot, openedFor: openedFor + age, heldFor: Math.max(0, heldFor - age) }
}
