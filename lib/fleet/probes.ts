/** The probes of this process, each under a permit that the whole fleet respects. */
import type { LocalCircuit } from '../circuit/local-circuit.js'
import type { Admission, FailureReason, Outcome, Permit, Refusal, Rules } from '../circuit/types.js'
import type { Ask, Channel } from './channel.js'
import { Lease } from './lease.js'
import type { SharedView } from './shared-view.js'
import type { Answer, Snapshot } from '../storage/contract.js'

const HALF_OPENED: Refusal = { admitted: false, state: 'half-opened', retryAfter: 0 }

export interface ProbesOptions {
  readonly ask: Ask
  readonly channel: Channel
  readonly local: LocalCircuit
  readonly view: SharedView
  /** Whether the circuit follows the fleet at this moment. */
  readonly isUp: () => boolean
}

export class Probes {
  readonly #options: ProbesOptions
  readonly #rules: Rules
  readonly #onSettled: () => void
  readonly #leases = new Map<Permit, Lease>()
  /** Of tokens that the storage may hold, and has not confirmed: a connection that breaks says neither yes nor no. */
  readonly #unsettled = new Map<string, Outcome>()
  #isAcquiring = false
  #settling = 0

  /** @param onSettled all probes that have ended are settled */
  constructor(options: ProbesOptions, rules: Rules, onSettled: () => void) {
    this.#options = options
    this.#rules = rules
    this.#onSettled = onSettled
  }

  /** Until the end of a probe is told, evidence would be taken for that of the epoch before. */
  get isSettling(): boolean {
    return this.#settling > 0
  }

  /** One request at a time asks; those that come meanwhile are refused, as by then another is the probe. */
  admit(): Admission | Promise<Admission> {
    return this.isFree ? this.#acquire() : HALF_OPENED
  }

  /** Whether a permit may be had, as far as is known. */
  get isFree(): boolean {
    return !this.#isAcquiring && !this.#options.view.isHeld
  }

  has(permit: Permit): boolean {
    return this.#leases.has(permit)
  }

  /**
   * Counts at once, by the local rules, where the permit is surely held; the storage has the last word.
   *
   * @returns whether it counted
   */
  settle(permit: Permit, outcome: Outcome, reason?: FailureReason): boolean {
    const { local, view, isUp } = this.#options
    const lease = this.#leases.get(permit)
    if (!lease) return false
    this.#leases.delete(permit)
    lease.end()
    const mayCount = lease.isHeld || !isUp()
    const counted = local.record(permit, mayCount ? outcome : 'ignored') && mayCount
    if (counted) view.presume(local.decidedState)
    // A late result counts if the storage still knows the permit, but not one that was slept through.
    void this.#giveBack(lease.token, lease.isDistrusted ? 'ignored' : outcome, reason)
    return counted
  }

  /** Tells again what was not confirmed. Where the permit has passed to another, it changes nothing. */
  rejoin(): void {
    for (const [token, outcome] of this.#unsettled) void this.#giveBack(token, outcome)
  }

  /** What was measured before this moment may be wrong: permits are not known to be held. */
  distrust(): void {
    for (const lease of this.#leases.values()) lease.distrust()
  }

  async #acquire(): Promise<Admission> {
    const { ask, channel, view, local } = this.#options
    const token = channel.newToken()
    const askedAt = channel.now()
    this.#isAcquiring = true
    try {
      const answer = await ask({ op: 'acquire', token }, channel.sharing.permitDeadline, (late) => {
        if (late.granted) void this.#giveBack(token, 'ignored')
        else this.#unsettled.delete(token)
      })
      view.adopt(answer, 'local', askedAt)
      return this.#decide(answer, token, askedAt)
    } catch {
      this.#unsettled.set(token, 'ignored')
      return local.admit()
    } finally {
      this.#isAcquiring = false
    }
  }

  #decide(answer: Answer, token: string, askedAt: number): Admission {
    const { view, local, isUp } = this.#options
    if (isUp() && view.isClosed) return local.admit()
    if (isUp() && !answer.granted) return this.#refuse(answer, askedAt)
    const admission = local.admit()
    if (isUp() && admission.admitted) this.#leases.set(admission, this.#lease(token, askedAt))
    else if (answer.granted) void this.#giveBack(token, 'ignored')
    return admission
  }

  /** In the storage's words: by its own clock the process may be ahead of it. */
  #refuse({ state, openedFor }: Snapshot, askedAt: number): Refusal {
    if (state !== 'opened') return HALF_OPENED
    const { local, channel } = this.#options
    local.open(askedAt - openedFor)
    const passed = channel.now() - askedAt + openedFor
    return { admitted: false, state, retryAfter: Math.max(0, this.#rules.ttl - passed) }
  }

  #lease(token: string, grantedAt: number): Lease {
    const { ask, channel, view } = this.#options
    const { probeTimeout } = this.#rules
    const { lease, commandDeadline } = channel.sharing
    const renew = async (length: number): Promise<boolean> => {
      const askedAt = channel.now()
      const answer = await ask({ op: 'renew', token, lease: length }, commandDeadline)
      view.adopt(answer, 'local', askedAt)
      return answer.granted
    }
    return new Lease({ token, grantedAt, lease, probeTimeout, now: channel.now, renew })
  }

  async #giveBack(token: string, outcome: Outcome, reason?: FailureReason): Promise<void> {
    const { ask, channel, view } = this.#options
    this.#settling += 1
    this.#unsettled.set(token, outcome)
    const askedAt = channel.now()
    try {
      const { commandDeadline } = channel.sharing
      const answer = await ask({ op: 'settle', token, outcome, reason }, commandDeadline)
      view.adopt(answer, 'local', askedAt)
      this.#unsettled.delete(token)
    } catch {
      // Told as storageLost, and again after it.
    }
    this.#settling -= 1
    if (!this.isSettling) this.#onSettled()
  }
}
