/** Counts what comes of the attempts of a shared circuit: locally at once, and for the fleet if it matters there. */
import type { LocalCircuit } from '../circuit/local-circuit.js'
import type { Permit } from '../circuit/types.js'
import type { Result } from './flow/input.js'
import { isLeased, mayCount } from './flow/leases.js'
import { isQuiet } from './flow/reporting.js'
import { isClosed } from './flow/view.js'
import type { Runner } from './runner.js'

export interface RecorderOptions {
  readonly local: LocalCircuit
  readonly runner: Runner
  /** Monotonic seconds. */
  readonly now: () => number
  /** Called before a result counts: if the process did not run for a while, what it knew may be too old. */
  readonly checkPulse: () => void
}

export class Recorder {
  readonly #options: RecorderOptions

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** @returns false if the result came too late to count */
  record(permit: Permit, result: Result): boolean {
    const { runner, checkPulse } = this.#options
    if (result.outcome === 'failure' || permit.probe) checkPulse()
    const token = permit.probe ? runner.tokens.of(permit) : undefined
    if (token === undefined) return this.#count(permit, result)
    if (isLeased(runner.state, token)) return this.#settle(permit, token, result)
    const counted = this.#countOwn(permit, result)
    if (!result.isInFlight) this.#leave(permit, token)
    return counted
  }

  /** A probe without a lease. While this process follows a fleet whose circuit is not closed, others decide. */
  #countOwn(permit: Permit, result: Result): boolean {
    const { runner, local } = this.#options
    if (runner.state.isAlone || isClosed(runner.state)) return this.#count(permit, result)
    if (!result.isInFlight) local.record(permit, 'ignored')
    return false
  }

  #count(permit: Permit, result: Result): boolean {
    const { runner, local, now, checkPulse } = this.#options
    const { outcome, reason, retryAfter } = result
    runner.window.note(permit, outcome, now)
    if (!this.#countLocally(permit, result)) return false
    const state = local.decidedState
    if (outcome === 'success' && isQuiet(runner.state, state)) return true
    // What a success completes may be from before a gap.
    checkPulse()
    const { grantedAt } = permit
    runner.take({ on: 'ended', outcome, reason, retryAfter, grantedAt, local: local.decidedState })
    return true
  }

  /** The local circuit counts at once if the permit is surely held; the storage has the last word. */
  #settle(permit: Permit, token: string, result: Result): boolean {
    const { runner, local, now } = this.#options
    const { isInFlight } = result
    if (!isInFlight) runner.tokens.forget(permit)
    const may = mayCount(runner.state, token, now())
    if (!may && !isInFlight) local.record(permit, 'ignored')
    const counted = may && this.#countLocally(permit, result)
    runner.take({ on: 'settled', token, ...result, counted, local: local.decidedState })
    return counted
  }

  /** A probe without a lease has ended. It has decided nothing for the fleet. */
  #leave(permit: Permit, token: string): void {
    const { runner, local } = this.#options
    runner.tokens.forget(permit)
    const end = { token, outcome: 'ignored', counted: false } as const
    runner.take({ on: 'settled', ...end, local: local.decidedState })
  }

  #countLocally(permit: Permit, { outcome, reason, retryAfter, isInFlight }: Result): boolean {
    const { local } = this.#options
    if (isInFlight) return local.recordSlow(permit)
    return local.record(permit, outcome, reason, retryAfter)
  }
}
