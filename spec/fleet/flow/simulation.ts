/**
 * A fleet in virtual time: processes run the real flow and the real local circuit, a storage the real rules.
 * Requests, answers and messages take their time. Minutes of thousands of requests a second pass in seconds.
 */
import { LocalCircuit } from '../../../lib/circuit/local-circuit.js'
import type { Outcome, Permit, Rules } from '../../../lib/circuit/types.js'
import type { Ask, Effect } from '../../../lib/fleet/flow/effect.js'
import type { Input } from '../../../lib/fleet/flow/input.js'
import { isLeased, mayCount } from '../../../lib/fleet/flow/leases.js'
import { isClean } from '../../../lib/fleet/flow/reporting.js'
import { begin, type State } from '../../../lib/fleet/flow/state.js'
import { step } from '../../../lib/fleet/flow/step.js'
import { isClosed, isHeld } from '../../../lib/fleet/flow/view.js'
import type { Snapshot } from '../../../lib/storage/contract.js'
import { decide } from '../../../lib/storage/rules/decide.js'
import type { Kept } from '../../../lib/storage/rules/kept.js'

export interface SimulationOptions {
  readonly rules: Rules
  readonly quorum?: number
  readonly processes: number
  /** Requests a second of each process, at a time which begins at 0. */
  readonly traffic: number | ((process: number, time: number) => number)
  /** Requests that each process sends at once, all processes together; left out, they come at random. */
  readonly burst?: number
  /** The part of a process's requests that fail at a time, which begins at 0. */
  readonly errors: (process: number, time: number) => number
  /** Seconds that a command takes to the storage, and its answer back. */
  readonly delay?: (random: () => number) => number
  /** Whether a process receives the messages. */
  readonly receives?: (process: number, time: number) => boolean
  readonly seed?: number
}

interface Event {
  readonly at: number
  readonly run: () => void
}

/** A binary heap by time. */
class Agenda {
  readonly #events: Event[] = []

  add(at: number, run: () => void): void {
    const events = this.#events
    events.push({ at, run })
    let index = events.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((events[parent]?.at ?? 0) <= at) break
      this.#swap(index, parent)
      index = parent
    }
  }

  next(): Event | undefined {
    const events = this.#events
    const [first] = events
    const last = events.pop()
    if (!first || !last || first === last) return first
    events[0] = last
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      const smaller = this.#at(right) < this.#at(left) ? right : left
      if (this.#at(smaller) >= this.#at(index)) return first
      this.#swap(index, smaller)
      index = smaller
    }
  }

  #at(index: number): number {
    return this.#events[index]?.at ?? Infinity
  }

  #swap(one: number, other: number): void {
    const events = this.#events
    const kept = events[one] as Event
    events[one] = events[other] as Event
    events[other] = kept
  }
}

/** mulberry32: the same numbers for the same seed. */
function randomBy(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Well after the start of all clocks. */
const START = 1000

export class Simulation {
  now = START
  commands = 0
  /** When the storage first opened the circuit, since the beginning. */
  openedAt: number | undefined
  /** Since when the circuit was opened each time, as the storage sees it: a report says how long ago that was. */
  readonly openings: number[] = []
  polls = 0
  sent = 0
  refused = 0
  readonly processes: readonly SimulatedProcess[]
  readonly options: SimulationOptions
  readonly random: () => number
  readonly #agenda = new Agenda()
  #kept: Kept | undefined

  constructor(options: SimulationOptions) {
    this.options = options
    this.random = randomBy(options.seed ?? 1)
    this.processes = Array.from(
      { length: options.processes },
      (_, index) => new SimulatedProcess(this, index),
    )
  }

  /** Since the beginning. */
  get time(): number {
    return this.now - START
  }

  later(seconds: number, run: () => void): void {
    this.#agenda.add(this.now + seconds, run)
  }

  run(seconds: number): this {
    const end = this.now + seconds
    this.#agenda.add(end, () => undefined)
    for (let event = this.#agenda.next(); event; event = this.#agenda.next()) {
      this.now = event.at
      if (event.at >= end) return this
      event.run()
    }
    return this
  }

  get locallyOpened(): number {
    return this.processes.filter(({ local }) => local.decidedState !== 'closed').length
  }

  get delay(): number {
    return this.options.delay?.(this.random) ?? 0.0005
  }

  ask(by: SimulatedProcess, asked: Ask): void {
    this.commands += 1
    this.later(this.delay, () => this.#carryOut(by, asked))
  }

  #carryOut(by: SimulatedProcess, { command, known, deadline, at }: Ask): void {
    const { rules, quorum = 1 } = this.options
    const { threshold, sharedThreshold = threshold, failureRate, ttl, growth, permits } = rules
    const opening = { threshold: sharedThreshold, failureRate }
    const terms = { opening, ttl, growth, permits, probes: rules.probes, lease: 6, quorum }
    const who = { circuit: 'users', process: by.name, reporter: by.name, terms, deadline, known }
    const { state, pool } = this.#kept ?? {}
    const { kept, answer, changed } = decide(this.#kept, { ...command, ...who }, this.now)
    this.#kept = kept
    if (kept?.pool.poll && kept.pool.poll.id !== pool?.poll?.id) this.polls += 1
    if (answer.state === 'opened') this.openedAt ??= this.time
    if (kept?.state === 'opened' && state !== 'opened') this.openings.push(kept.openedAt - START)
    this.later(this.delay, () => by.take({ on: 'answered', to: command, answer, at }))
    if (changed) this.#publish(by, changed)
  }

  #publish(by: SimulatedProcess, snapshot: Snapshot): void {
    const { receives } = this.options
    for (const process of this.processes) {
      if (receives && !receives(process.index, this.time)) continue
      this.later(this.delay, () => process.take({ on: 'pushed', snapshot, isOwn: process === by }))
    }
  }
}

export class SimulatedProcess {
  readonly index: number
  readonly name: string
  readonly local: LocalCircuit
  state: State
  sent = 0
  refused = 0
  readonly #world: Simulation
  readonly #timers = new Map<string, symbol>()
  readonly #tokens = new Map<Permit, string>()
  #serial = 0

  constructor(world: Simulation, index: number) {
    const { rules } = world.options
    const { threshold, sharedThreshold = threshold, ttl, growth, failureRate } = rules
    this.#world = world
    this.index = index
    this.name = `p${index}`
    this.local = new LocalCircuit(rules, () => world.now)
    const settings = {
      threshold: sharedThreshold,
      ttl,
      growth,
      rate: failureRate || undefined,
      lot: world.random(),
      probeTimeout: rules.probeTimeout,
      lease: 6,
      permitDeadline: 0.1,
      commandDeadline: 0.5,
    }
    this.state = begin(settings, true, false)
    this.#next()
  }

  take(given: Input): void {
    const { now } = this.#world
    const { on } = given
    const isDue = on === 'freshDue' || on === 'answerDue' || on === 'hurried'
    const input = isDue ? { ...given, window: this.local.windowAt(now) } : given
    const [state, effects] = step(this.state, input, now)
    this.state = state
    for (const effect of effects) this.#perform(effect)
  }

  /** Bursts, or Poisson traffic. */
  #next(): void {
    const { options, time } = this.#world
    const { traffic, burst = 0 } = options
    const rate = typeof traffic === 'number' ? traffic : traffic(this.index, time)
    if (rate <= 0) return this.#world.later(1, () => this.#next())
    const pause = burst || -Math.log(1 - this.#world.random())
    this.#world.later(pause / rate, () => {
      for (let left = burst || 1; left > 0; left -= 1) this.#request()
      this.#next()
    })
  }

  #request(): void {
    const { now } = this.#world
    if (isClosed(this.state)) return this.#admitLocally()
    const isTaken = isHeld(this.state, now) || !this.local.hasFreePermitAt(now)
    if (isTaken || this.local.refusalAt(now)) return this.#refuse()
    this.take({ on: 'wanted', token: this.#newToken() })
  }

  #newToken(): string {
    this.#serial += 1
    return `${this.name}:${this.#serial}`
  }

  #refuse(): void {
    this.refused += 1
    this.#world.refused += 1
  }

  #admitLocally(): void {
    const admission = this.local.admit()
    const local = this.local.decidedState
    const own = admission.admitted && admission.probe ? this.#newToken() : undefined
    if (admission.admitted && own !== undefined) this.#tokens.set(admission, own)
    if (own !== undefined || local !== this.state.local) this.take({ on: 'admitted', local, own })
    if (admission.admitted) this.#send(admission)
    else this.#refuse()
  }

  #send(permit: Permit): void {
    this.sent += 1
    this.#world.sent += 1
    const { random, time, options } = this.#world
    const isFailure = random() < options.errors(this.index, time)
    this.#world.later(0.005, () => this.#end(permit, isFailure ? 'failure' : 'success'))
  }

  #end(permit: Permit, outcome: Outcome): void {
    const token = this.#tokens.get(permit)
    this.#tokens.delete(permit)
    if (token !== undefined && isLeased(this.state, token)) {
      return this.#settle(permit, token, outcome)
    }
    this.#count(permit, outcome)
    if (token !== undefined) this.#leave(token)
  }

  #settle(permit: Permit, token: string, outcome: Outcome): void {
    const counted = mayCount(this.state, token, this.#world.now)
    this.local.record(permit, counted ? outcome : 'ignored')
    this.take({ on: 'settled', token, outcome, counted, local: this.local.decidedState })
  }

  #leave(token: string): void {
    const local = this.local.decidedState
    this.take({ on: 'settled', token, outcome: 'ignored', counted: false, local })
  }

  #count(permit: Permit, outcome: Outcome): void {
    if (!this.local.record(permit, outcome)) return
    const local = this.local.decidedState
    const isQuiet = outcome === 'success' && local === 'closed' && this.state.local === 'closed'
    if (isQuiet && isClean(this.state.evidence)) return
    const window = this.local.windowAt(this.#world.now)
    this.take({ on: 'ended', outcome, grantedAt: permit.grantedAt, local, window })
  }

  #perform(effect: Effect): void {
    if (effect.do === 'ask') this.#world.ask(this, effect)
    else if (effect.do === 'start') this.#start(effect)
    else if (effect.do === 'stop') this.#timers.delete(effect.timer)
    else if (effect.do === 'admit') this.#admit(effect.token, effect.leasedAt)
    else if (effect.do === 'refuse') this.#refuse()
    else if (effect.do === 'move') this.#move(effect)
  }

  #start({ timer, seconds, input }: Extract<Effect, { do: 'start' }>): void {
    const running = Symbol(timer)
    this.#timers.set(timer, running)
    this.#world.later(seconds, () => {
      if (this.#timers.get(timer) !== running) return
      this.#timers.delete(timer)
      this.take(input)
    })
  }

  #move({ to, since, facts }: Extract<Effect, { do: 'move' }>): void {
    if (to === 'opened') this.local.open(since, facts)
    else if (to === 'closed') this.local.close()
    else this.local.halfOpen(facts)
  }

  #admit(token: string, leasedAt: number | undefined): void {
    const admission = this.local.admit()
    const isTaken = admission.admitted && admission.probe
    const lease = leasedAt !== undefined && { token, grantedAt: leasedAt, isTaken }
    const own = isTaken ? token : undefined
    if (admission.admitted && isTaken) this.#tokens.set(admission, token)
    this.take({ on: 'admitted', local: this.local.decidedState, ...(lease ? { lease } : { own }) })
    if (admission.admitted) this.#send(admission)
    else this.#refuse()
  }
}

/** What commands a simulated storage was sent in a time. */
export function commandsIn(simulation: Simulation, seconds: number): number {
  const before = simulation.commands
  return simulation.run(seconds).commands - before
}
