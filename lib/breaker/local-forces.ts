/** The forces of a breaker without a storage. They outlive their circuits, which may be attached again. */
import { isOver, standingForce, type GivenForce, type StandingForce } from '../circuit/force.js'
import type { Forces } from './membership.js'

export const MOST_FORCES = 1000

export class LocalForces implements Forces {
  readonly #now: () => number
  readonly #standing = new Map<string, StandingForce>()
  #onForced: (circuit: string) => void = () => undefined

  /** @param now monotonic seconds */
  constructor(now: () => number) {
    this.#now = now
  }

  watch(onForced: (circuit: string) => void): void {
    this.#onForced = onForced
  }

  of(circuit: string): StandingForce | undefined {
    return this.#standing.get(circuit)
  }

  async set(circuit: string, force: GivenForce | undefined): Promise<void> {
    if (force) this.#keep(circuit, force)
    else this.#standing.delete(circuit)
    this.#onForced(circuit)
  }

  /** @throws Error if too many forces stand */
  #keep(circuit: string, force: GivenForce): void {
    const now = this.#now()
    if (this.#standing.size >= MOST_FORCES && !this.#standing.has(circuit)) this.#makeRoom(now)
    this.#standing.set(circuit, standingForce(force, now))
  }

  #makeRoom(now: number): void {
    for (const [circuit, force] of this.#standing) {
      if (isOver(force, now)) this.#standing.delete(circuit)
    }
    if (this.#standing.size < MOST_FORCES) return
    throw new Error(
      `${MOST_FORCES} circuits are forced already. Lift a force that is no longer needed`,
    )
  }
}
