/** A breaker's part in the fleet: its circuits, and the link that they share. */
import type { Machine, Rules } from '../circuit/types.js'
import type { Channel } from './channel.js'
import type { LinkOptions } from './link-options.js'
import { Link } from './link.js'
import type { Host, Member, Membership } from '../breaker/membership.js'
import { Pulse } from './pulse.js'
import { Readings } from './readings.js'
import { SharedCircuit } from './shared-circuit.js'
import type { Sharing } from './sharing.js'
import type { Answer, Connection, Question, Snapshot } from '../storage/contract.js'
import { schedule } from '../internal/timers.js'

/** How far from its mean the time between two reads may be. */
const JITTER = 0.2
/** Seconds after a gap in which messages are only hints: they may have lain in the socket for as long. */
const MISTRUST = 1

export class Fleet implements Membership, Channel {
  readonly process = crypto.randomUUID()
  readonly sharing: Sharing
  readonly now: () => number
  readonly #circuits = new Map<string, SharedCircuit>()
  readonly #readings: Readings<SharedCircuit>
  readonly #link: Link
  readonly #pulse = new Pulse(() => this.#afterGap())
  #isInitialized = false
  #tokens = 0
  #joined: Promise<void> | undefined
  #cancelRefresh: (() => void) | undefined
  #mistrustUntil = -Infinity
  #connection: Connection | undefined

  constructor({ publisher, now }: Host, sharing: Sharing, connect: LinkOptions['connect']) {
    this.sharing = sharing
    this.now = now
    this.#readings = new Readings({ now, ...sharing })
    this.#link = new Link({
      publisher,
      now,
      connect: (listener) => (this.#connection = connect(listener)),
      heard: {
        pushed: (name, snapshot, process) => this.#pushed(name, snapshot, process),
        hinted: (name) => this.#reread(name),
      },
      circuits: {
        lost: () => this.#each((circuit) => circuit.distrust()),
        missed: () => this.#missed(),
        readFirst: (deadline) => this.#readings.readFirst(deadline),
        readRest: (deadline) => this.#readings.readRest(deadline),
      },
    })
  }

  get isInitialized(): boolean {
    return this.#isInitialized
  }

  get isUp(): boolean {
    return this.#link.isUp
  }

  machineFor(member: Member, rules: Rules): Machine {
    const circuit = new SharedCircuit(member, rules, this)
    this.#circuits.set(member.name, circuit)
    if (this.isUp) this.#reread(member.name)
    return circuit
  }

  leave(circuit: SharedCircuit): void {
    if (this.#circuits.get(circuit.name) === circuit) this.#circuits.delete(circuit.name)
    this.#readings.delete(circuit)
    this.#connection?.forget?.(circuit.name)
  }

  /** While connected, or connecting, there is one promise; after a failure the next call tries anew. */
  init(): Promise<void> {
    this.#isInitialized = true
    this.#joined ??= this.#join().catch((error: unknown) => {
      this.#joined = undefined
      throw error
    })
    return this.#joined
  }

  /**
   * Waits until what was seen by now is written, or given up: what is on its way, and then the reports
   * that waited for it. Each is one command, so that this takes three `commandDeadline` at the most.
   */
  async flush(): Promise<void> {
    this.#each((circuit) => circuit.report())
    await this.#link.drain()
    await Promise.all(Array.from(this.#circuits.values(), (circuit) => circuit.flush()))
  }

  async close(): Promise<void> {
    if (this.isUp) await this.flush()
    this.#pulse.stop()
    this.#cancelRefresh?.()
    this.#cancelRefresh = undefined
    this.#joined = undefined
    await this.#link.close()
    this.#connection = undefined
  }

  ask(question: Question, late?: (answer: Answer) => void): Promise<Answer> {
    return this.#link.ask(question, late)
  }

  newToken(): string {
    this.#tokens += 1
    return `${this.process}:${this.#tokens}`
  }

  checkPulse(): void {
    this.#pulse.check()
  }

  miss(): void {
    this.#link.miss()
  }

  watch(): void {
    this.#cancelRefresh ??= schedule(this.#refreshTime(), () => this.#refresh())
  }

  async #join(): Promise<void> {
    this.#pulse.start()
    this.#missed()
    await this.#link.join(this.sharing.initDeadline)
  }

  #each(job: (circuit: SharedCircuit) => void): void {
    for (const circuit of this.#circuits.values()) job(circuit)
  }

  /** Without the storage each circuit is on its own until it is read again. */
  #missed(): void {
    if (!this.isUp) this.#each((circuit) => circuit.goLocal())
    this.#readings.add(this.#circuits.values())
  }

  #pushed(name: string, snapshot: Snapshot, process: string): void {
    this.#pulse.check()
    if (this.now() < this.#mistrustUntil) this.#reread(name)
    else this.#circuits.get(name)?.pushed(snapshot, process)
  }

  #reread(name: string): void {
    const circuit = this.#circuits.get(name)
    if (!circuit) return
    this.#readings.add([circuit])
    this.#readInBackground()
  }

  /** What is not answered is told as storageLost, and read when the storage is found. */
  #readInBackground(): void {
    if (this.isUp) this.#readings.readRest().catch(() => undefined)
  }

  /** Nothing that was under way is believed, and outages are read anew: they may be over. */
  #afterGap(): void {
    this.#mistrustUntil = this.now() + MISTRUST
    this.#each((circuit) => circuit.distrust())
    this.#readOutages()
  }

  #readOutages(): SharedCircuit[] {
    const outages = [...this.#circuits.values()].filter(({ isSettled }) => !isSettled)
    this.#readings.add(outages)
    this.#readInBackground()
    return outages
  }

  #refreshTime(): number {
    return this.sharing.refresh * (1 + JITTER * (2 * Math.random() - 1))
  }

  #refresh(): void {
    this.#cancelRefresh = undefined
    if (this.#readOutages().length > 0) this.watch()
  }
}
