/**
 * The circuits that a name function has made. Names may come from anywhere, so the number of circuits is bounded.
 * A circuit may be evicted if it has not been used for a while, and if a new one would behave the same.
 */
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { DRY_RUN } from './forcing.js'

export interface RosterLimits {
  readonly maxCircuits: number
  /** Seconds. */
  readonly idleTime: number
}

interface Member {
  readonly circuit: ManagedCircuit
  /** Stands for the group that made it, and holds nothing. */
  readonly maker: object
  /** By the breaker's clock. */
  usedAt: number
  /** Somebody relies on this very circuit. */
  isKept: boolean
}

/** How many circuits of each kind one new name examines: it must not take long, however many there are. */
const MOST_LOOKS = 100

export class Roster {
  readonly #limits: RosterLimits
  /** By name, in the order of their last use. */
  readonly #recent = new Map<string, Member>()
  /** Those that had to stay although they were unused for long. All of them are older than the others. */
  readonly #spared = new Map<string, Member>()
  #latest: Member | undefined

  constructor(limits: RosterLimits) {
    this.#limits = limits
  }

  get isFull(): boolean {
    return this.#recent.size + this.#spared.size >= this.#limits.maxCircuits
  }

  /** The circuit of this name, which is being used now. */
  use(name: string, now: number): ManagedCircuit | undefined {
    const member = this.#get(name)
    if (!member) return undefined
    member.usedAt = now
    if (member !== this.#latest) {
      this.leave(name)
      this.#recent.set(name, member)
      this.#latest = member
    }
    return member.circuit
  }

  add(circuit: ManagedCircuit, maker: object, now: number): void {
    const member = { circuit, maker, usedAt: now, isKept: false }
    this.#recent.set(circuit.name, member)
    this.#latest = member
  }

  leave(name: string): void {
    if (this.#get(name) === this.#latest) this.#latest = undefined
    this.#recent.delete(name)
    this.#spared.delete(name)
  }

  keep(name: string): void {
    const member = this.#get(name)
    if (member) member.isKept = true
  }

  /** Those of one maker, the one that was unused for longest first. */
  madeBy(maker: object): readonly ManagedCircuit[] {
    return [...this.#spared.values(), ...this.#recent.values()]
      .filter((member) => member.maker === maker)
      .map(({ circuit }) => circuit)
  }

  /**
   * Takes out the circuits that may go, the one that was unused for longest first. Each is taken only as the caller
   * comes to it: whoever learns of one may use another.
   */
  *takeIdle(now: number): Iterable<ManagedCircuit> {
    yield* this.#takeIdleOf(this.#spared, now)
    yield* this.#takeIdleOf(this.#recent, now)
  }

  #get(name: string): Member | undefined {
    return this.#recent.get(name) ?? this.#spared.get(name)
  }

  *#takeIdleOf(members: Map<string, Member>, now: number): Iterable<ManagedCircuit> {
    let looks = Math.min(members.size, MOST_LOOKS)
    for (const [name, member] of members) {
      if (looks === 0 || now - member.usedAt < this.#limits.idleTime) break
      looks -= 1
      this.leave(name)
      if (mayGo(member)) yield member.circuit
      else this.#spared.set(name, member)
    }
  }
}

/** The rosters of a breaker: one for each name function and its limits. */
export class Rosters {
  readonly #rosters = new Map<string, Roster>()

  /**
   * A function that is written inline is a new one each time the line runs. If each had circuits of its own,
   * nothing would bound them. So functions of the same text share them.
   */
  of(nameOf: object, limits: RosterLimits): Roster {
    const text = Function.prototype.toString.call(nameOf)
    const key = JSON.stringify([text, limits.maxCircuits, limits.idleTime])
    const roster = this.#rosters.get(key) ?? new Roster(limits)
    this.#rosters.set(key, roster)
    return roster
  }

  use(name: string, now: number): void {
    for (const roster of this.#rosters.values()) roster.use(name, now)
  }

  leave(name: string): void {
    for (const roster of this.#rosters.values()) roster.leave(name)
  }

  keep(name: string): void {
    for (const roster of this.#rosters.values()) roster.keep(name)
  }
}

/** Whether a new circuit of the name would behave the same. */
function mayGo({ circuit, isKept }: Member): boolean {
  if (isKept || circuit.state !== 'closed' || circuit.failureCount > 0) return false
  // A force that is over goes away as the state is read. Behind one, the state may be another.
  if (circuit.standing && circuit.standing !== DRY_RUN) return false
  if (circuit.published.state !== 'closed' || !circuit.inFlight?.isEmpty) return false
  const { requests = 0, failures = 0 } = circuit.failureRate ?? {}
  // A window of requests never empties, so successes in it do not count.
  return (typeof circuit.window === 'object' ? failures : requests) === 0
}
