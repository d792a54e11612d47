/** A breaker's part in the fleet: its circuits, and the link that they share. */
import type { Host, Membership } from '../breaker/membership.js'
import type { Machine, Rules } from '../circuit/types.js'
import { answered, asking, forcesOf } from './asking.js'
import { Circuits } from './circuits.js'
import type { LinkEvents, LinkOptions } from './link-options.js'
import { Link } from './link.js'
import { Pulse } from './pulse.js'
import { Refresh } from './refresh.js'
import { SharedCircuit } from './shared-circuit.js'
import { SharedForces } from './shared-forces.js'
import type { Sharing } from './sharing.js'

export class Fleet implements Membership {
  readonly forces: SharedForces
  readonly #process = crypto.randomUUID()
  readonly #now: () => number
  readonly #sharing: Sharing
  readonly #circuits: Circuits
  readonly #pulse: Pulse
  readonly #refresh: Refresh
  readonly #link: Link
  #isInitialized = false
  /** How often `init()` was called. */
  #inits = 0

  constructor({ publisher, now }: Host, sharing: Sharing, connect: LinkOptions['connect']) {
    this.#now = now
    this.#sharing = sharing
    this.#circuits = new Circuits(now, sharing)
    this.#pulse = new Pulse(this.#circuits.afterGap)
    this.#refresh = new Refresh(sharing.refresh, () => this.#readOutages())
    this.forces = this.#makeForces()
    this.#link = new Link({
      publisher,
      now,
      connect: this.#through(connect),
      readings: this.#circuits.readings,
      on: this.#on(),
    })
  }

  get isUp(): boolean {
    return this.#link.isUp
  }

  machineFor(name: string, rules: Rules): Machine {
    const circuit: SharedCircuit = new SharedCircuit(name, {
      rules,
      sharing: this.#sharing,
      process: this.#process,
      now: this.#now,
      isInitialized: this.#isInitialized,
      isUp: this.isUp,
      ask: asking(this.#link.ask, {
        onFailure: () => this.#circuits.doubt(circuit),
        onEnd: () => this.#forgetIfGone(circuit),
      }),
      watch: this.#refresh.start,
      miss: this.#link.miss,
      checkPulse: this.#checkPulse,
      leave: () => this.#leave(circuit),
    })
    this.#circuits.add(circuit)
    this.#link.catchUp()
    return circuit
  }

  init(): Promise<void> {
    this.#isInitialized = true
    this.#inits += 1
    this.#circuits.initialized()
    this.#pulse.start(this.#checkPulse)
    this.forces.start()
    return this.#link.init(this.#sharing.initDeadline)
  }

  /**
   * Waits until everything seen by now is written or given up: first the commands on their way, then the
   * reports that waited for them. Each is one command, so this takes three `commandDeadline` at most.
   */
  async flush(): Promise<void> {
    // A signal may come before the timers that are overdue after a gap.
    this.#pulse.check()
    this.#circuits.hurry()
    await this.#link.drain()
    await this.#circuits.flush()
  }

  /** The last call wins: if `init()` is called during the flush, the link stays. */
  async close(): Promise<void> {
    const inits = this.#inits
    if (this.isUp) await this.flush()
    if (inits !== this.#inits) return
    this.#pulse.stop()
    this.forces.stop()
    this.#refresh.stop()
    await this.#link.close()
  }

  #makeForces(): SharedForces {
    const { refresh, commandDeadline } = this.#sharing
    return new SharedForces({
      process: this.#process,
      now: this.#now,
      refresh,
      commandDeadline,
      ask: (question) =>
        answered(
          this.#link.askBy((to) => forcesOf(to, question), question),
          () => this.#circuits.readings.doubt(this.forces),
        ),
      readSoon: () => {
        this.#circuits.suspectForces()
        this.#link.catchUp()
      },
    })
  }

  #through(connect: LinkOptions['connect']): LinkOptions['connect'] {
    return (listener) => {
      const connection = connect(listener)
      this.forces.isShared = connection.forces !== undefined
      if (connection.forces) this.#circuits.readForces(this.forces)
      return connection
    }
  }

  #on(): LinkEvents {
    const circuits = this.#circuits
    return {
      lost: circuits.lost,
      distrusted: circuits.distrust,
      missed: circuits.missed,
      hinted: circuits.hinted,
      pushed: (name, snapshot, process) => {
        this.#pulse.check()
        circuits.pushed(name, snapshot, process)
      },
      forcesChanged: (version) => {
        this.#pulse.check()
        this.forces.received(version)
      },
    }
  }

  readonly #checkPulse = (): void => {
    this.#pulse.check()
    this.#link.catchUp()
  }

  #readOutages(): void {
    if (this.#circuits.suspectOutages()) this.#refresh.start()
    this.#link.catchUp()
  }

  #leave(circuit: SharedCircuit): void {
    this.#circuits.delete(circuit)
    this.#forgetIfGone(circuit)
  }

  /**
   * A request may outlive its circuit, and its end is then told to the storage. The connection keeps
   * something of each answer, so it has to forget the circuit again.
   */
  #forgetIfGone({ name }: SharedCircuit): void {
    if (!this.#circuits.has(name)) this.#link.forget(name)
  }
}
