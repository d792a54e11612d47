/** A circuit on the page: its own state, and what the page has seen of its requests. */
import type { FailureReason } from '../circuit/types.js'
import type { SeenCircuit } from '../observe/seen.js'
import { Recent, type Result } from './recent.js'

export interface LastError {
  /** The code from the event. It is left out if it is not a plain word, since it may then hold anything. */
  readonly code: string | undefined
  readonly status: number | undefined
  readonly at: Date
}

/**
 * How many seconds `retryAfter` may shift without counting as a change: clocks are read at different moments.
 */
const TOLERANCE = 0.1
const MS_PER_SECOND = 1000
const CODE = /^[\w.-]{1,64}$/

export class Tracked {
  /** Identifies the row, even if circuits of the same name come and go. */
  readonly id: number
  readonly circuit: SeenCircuit
  readonly recent = new Recent()
  lastError: LastError | undefined
  #seen = ''
  #seenDue = 0

  constructor(id: number, circuit: SeenCircuit) {
    this.id = id
    this.circuit = circuit
    this.hasChanged()
  }

  record(result: Result, reason?: FailureReason): void {
    this.recent.add(result)
    if (result !== 'failure') return
    const { code = '', status } = reason ?? {}
    this.lastError = { code: CODE.test(code) ? code : undefined, status, at: new Date() }
  }

  /**
   * Whether the circuit changed since the last call. No event reports that a ttl has passed, or that the
   * fleet reopened a circuit that is opened here.
   */
  hasChanged(): boolean {
    const { state, failureCount, retryAfter } = this.circuit
    const seen = `${state} ${failureCount}`
    const due = retryAfter > 0 ? performance.now() / MS_PER_SECOND + retryAfter : 0
    if (seen === this.#seen && Math.abs(due - this.#seenDue) < TOLERANCE) return false
    this.#seen = seen
    this.#seenDue = due
    return true
  }
}
