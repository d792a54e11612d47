/**
 * A circuit of the whole fleet: the local circuit, which works by itself, under what the storage knows.
 * A transition that is shared is made by the local circuit too, so that there is nothing to merge when
 * the storage goes, and one set of rules to read.
 */
import { LocalCircuit } from '../circuit/local-circuit.js'
import type {
  Admission,
  CircuitState,
  Machine,
  Outcome,
  Permit,
  Rules,
  Unready,
} from '../circuit/types.js'
import { askFor, type Ask, type Channel } from './channel.js'
import { Evidence, type Report } from './evidence.js'
import type { Member } from './membership.js'
import { Probes } from './probes.js'
import { SharedView } from './shared-view.js'
import type { Answer, Snapshot, Terms } from './storage.js'

const UNREADY: Unready = { admitted: false, state: 'not-initialized' }

export class SharedCircuit implements Machine {
  readonly #name: string
  readonly #channel: Channel
  readonly #local: LocalCircuit
  readonly #view: SharedView
  readonly #evidence: Evidence
  readonly #probes: Probes
  readonly #ask: Ask
  #isReading = false
  #isStale = false

  constructor(member: Member, rules: Rules, channel: Channel) {
    this.#name = member.name
    this.#channel = channel
    this.#local = new LocalCircuit(rules, channel.now)
    this.#view = new SharedView({
      local: this.#local,
      ttl: rules.ttl,
      now: channel.now,
      isUp: () => channel.isUp,
      onEpoch: () => this.#evidence.clear(),
      onOutage: () => channel.watch(),
      onMove: (origin) => member.moved(origin),
    })
    this.#ask = askFor(member.name, termsOf(rules, channel), channel, () => this.#view.known)
    const shared = { ask: this.#ask, channel, local: this.#local, view: this.#view }
    this.#probes = new Probes(shared, rules, () => this.#evidence.report())
    this.#evidence = new Evidence(
      (report) => this.#report(report),
      () => channel.isUp && !this.#probes.isSettling,
    )
  }

  get decidedState(): CircuitState {
    return this.#local.decidedState
  }

  get state(): CircuitState {
    return this.#local.state
  }

  get retryAfter(): number {
    return this.#local.retryAfter
  }

  /** In a closed circuit the fleet's count, where this process saw nothing to the contrary since. */
  get failureCount(): number {
    const { failureCount, decidedState } = this.#local
    if (decidedState !== 'closed' || !this.#channel.isUp) return failureCount
    return Math.max(failureCount, this.#view.failureCount)
  }

  /** Whether it is closed for the fleet. */
  get isClosed(): boolean {
    return this.#view.isClosed
  }

  admit(): Admission | Promise<Admission> {
    const { isInitialized, isUp, now } = this.#channel
    if (!isInitialized) return UNREADY
    if (!isUp || this.#view.isClosed) return this.#local.admit()
    // By one reading of the clock: between two the ttl may end, and a probe go without a permit.
    return this.#local.refusalAt(now()) ?? this.#probes.admit()
  }

  record(permit: Permit, outcome: Outcome): boolean {
    if (permit.probe && this.#probes.has(permit)) return this.#probes.settle(permit, outcome)
    if (!this.#local.record(permit, outcome)) return false
    if (outcome === 'success') this.#view.forgetFailures()
    this.#evidence.note(outcome)
    return true
  }

  release(): void {
    this.#channel.leave(this.#name)
  }

  /** What the storage tells by itself. */
  pushed(snapshot: Snapshot, process: string): void {
    this.#view.adopt(snapshot, process === this.#channel.process ? 'local' : 'shared')
  }

  /** Asks what the fleet knows. @param deadline in seconds */
  read(deadline: number): Promise<Answer> {
    return this.#ask({ op: 'read' }, deadline)
  }

  /** Goes by the fleet again. */
  rejoin(answer: Answer): void {
    this.#view.rejoin(answer)
    this.#probes.rejoin()
    this.#evidence.report()
  }

  /** Reads in the background; one read at a time, and once more where it was asked for meanwhile. */
  async refresh(): Promise<void> {
    this.#isStale = true
    if (this.#isReading) return
    this.#isReading = true
    while (this.#isStale && this.#channel.isUp) {
      this.#isStale = false
      await this.#readInBackground()
    }
    this.#isReading = false
  }

  async #readInBackground(): Promise<void> {
    try {
      this.#view.adopt(await this.read(this.#channel.sharing.commandDeadline), 'shared')
    } catch {
      // Told as storageLost.
    }
  }

  async #report(report: Report): Promise<void> {
    const command = { op: 'report', streak: this.#local.failureCount, ...report } as const
    try {
      this.#view.adopt(await this.#ask(command, this.#channel.sharing.commandDeadline), 'local')
    } catch {
      // Told as storageLost. The local circuit has counted the failures.
    }
  }
}

function termsOf({ threshold, ttl, permits, probeTimeout }: Rules, { sharing }: Channel): Terms {
  const lease = Math.min(sharing.lease, probeTimeout)
  return { threshold, ttl, permits, lease, quorum: sharing.quorum }
}
