/** Processes that share a list of forced circuits over the reference rules, in virtual time. */
import { ok } from 'node:assert/strict'
import { beginForces, knownForces, stepForces } from '../../../lib/fleet/flow/forcing.js'
import type { ForcesInput, ForcesState, TimedInput } from '../../../lib/fleet/flow/forcing.js'
import { NO_FORCES } from '../../../lib/storage/forces.js'
import type { ForceAnswer, ForceCommand, ForceQuestion } from '../../../lib/storage/forces.js'
import { MOST_LIFTED } from '../../../lib/storage/limits.js'
import { decideForces } from '../../../lib/storage/rules/forces.js'
import type { KeptForces } from '../../../lib/storage/rules/kept-forces.js'

export const REFRESH = 5
/** Seconds after which a process that got no answer asks again. */
const RETRY = 1
const DEADLINE = 0.5
/** The clock of the storage, where that of the processes is 0. */
const EPOCH = 1_000_000
/** A process waits for this part more or less than `refresh`, each for another. */
const JITTER = 0.2
/** Seconds: it is unknown at which moment of its round trip an answer was true. */
export const TOLERANCE = DEADLINE + 0.1

interface Flight {
  readonly by: number
  readonly question: ForceQuestion
  readonly at: number
  readonly learned: number
  answer?: ForceAnswer
}

class Member {
  state: ForcesState = beginForces(REFRESH)
  isAwake = true
  retryAt = Infinity
  isRoutine = false
  readonly timers = new Map<TimedInput, number>()
  /** Versions in messages that came while it slept. */
  readonly unread: number[] = []
}

/** The last command on a circuit that the storage has carried out. */
interface Word {
  /** Undefined if the force was lifted. */
  readonly state: string | undefined
  readonly until: number
}

/**
 * As Redis does for a late read: the ends that its sender knew are out of date. Without the forces that have them, the
 * floor would mean that these were lifted.
 */
function withoutEnds(question: ForceQuestion): ForceQuestion {
  const forces = question.known.forces.filter(({ endsIn }) => endsIn === undefined)
  return { ...question, known: { ...question.known, forces, floor: 0 } }
}

export class ForcesWorld {
  time = 0
  reads = 0
  readonly flights: Flight[] = []
  readonly messages: { readonly to: number; readonly version: number }[] = []
  readonly words = new Map<string, Word>()
  readonly members: readonly Member[]
  #kept: KeptForces | undefined
  #skew = 0

  constructor(size: number) {
    this.members = Array.from({ length: size }, () => new Member())
    for (let by = 0; by < size; by += 1) {
      this.#take(by, { on: 'started' })
      this.#read(by, false)
    }
  }

  get clock(): number {
    return EPOCH + this.time + this.#skew
  }

  ask(by: number, command: ForceCommand): void {
    const { state, isAwake } = this.#member(by)
    if (!isAwake) return
    const known = knownForces(state, this.time)
    const question = { ...command, process: `p${by}`, deadline: DEADLINE, known }
    this.flights.push({ by, question, at: this.time, learned: state.learned })
  }

  /** The storage gets a question. A late force is refused, as its caller has gone on without it. */
  carryOut(which: number): void {
    const flight = this.#pick(this.flights, which)
    if (!flight || flight.answer) return
    const { question } = flight
    if (question.op !== 'read' && this.#isLate(flight)) return this.lose(which)
    // No two commands are carried out in the same microsecond.
    this.time += 2e-6
    const asked = this.#isLate(flight) ? withoutEnds(question) : question
    const { kept, answer, changed } = decideForces(this.#kept, asked, this.clock)
    this.#kept = kept
    flight.answer = answer
    if (question.op !== 'read' && answer.granted) {
      const { state, endsIn = Infinity } = question.op === 'force' ? question.force : {}
      this.words.set(question.circuit, { state, until: this.time + endsIn })
    }
    this.#announce(changed)
  }

  /** So many forces were lifted on other circuits that the list forgets what was lifted before. */
  liftMany(): void {
    this.time += 1e-3
    const version = Math.floor(this.clock * 1e6)
    const lifted = Array.from({ length: MOST_LIFTED + 1 }, (_item, index) => ({
      circuit: `other ${index}`,
      version: version - index,
    }))
    const known = { ...NO_FORCES, version, lifted }
    const question = { op: 'read', process: 'tool', deadline: 1, known } as const
    const { kept, changed } = decideForces(this.#kept, question, this.clock)
    this.#kept = kept
    this.#announce(changed)
  }

  /** A process that sleeps gets its answer when it wakes up. One that is late is not used any more. */
  deliver(which: number): void {
    const flight = this.#pick(this.flights, which)
    if (!flight?.answer || !this.#member(flight.by).isAwake) return
    if (this.#isLate(flight)) return this.lose(which)
    this.flights.splice(this.flights.indexOf(flight), 1)
    const { by, answer: list, at, learned } = flight
    this.#take(by, { on: 'answered', list, at, learned })
  }

  /** A question or an answer is lost. */
  lose(which: number): void {
    const flight = this.#pick(this.flights, which)
    if (!flight) return
    this.flights.splice(this.flights.indexOf(flight), 1)
    if (flight.question.op === 'read') this.#member(flight.by).retryAt = this.time + RETRY
  }

  receive(which: number): void {
    const message = this.#pick(this.messages, which)
    if (!message) return
    this.messages.splice(this.messages.indexOf(message), 1)
    const { isAwake, unread } = this.#member(message.to)
    if (isAwake) this.#take(message.to, { on: 'received', version: message.version })
    else unread.push(message.version)
  }

  dropMessage(which: number): void {
    const message = this.#pick(this.messages, which)
    if (message) this.messages.splice(this.messages.indexOf(message), 1)
  }

  forget(): void {
    this.#kept = undefined
  }

  setClock(seconds: number): void {
    this.#skew += seconds
  }

  sleep(by: number): void {
    this.#member(by).isAwake = false
  }

  wake(by: number): void {
    const member = this.#member(by)
    if (member.isAwake) return
    member.isAwake = true
    for (const version of member.unread.splice(0)) this.#take(by, { on: 'received', version })
    this.#fire()
  }

  wait(seconds: number): void {
    const end = this.time + seconds
    for (let next = this.#nextTimer(); next <= end; next = this.#nextTimer()) {
      this.time = Math.max(this.time, next)
      this.#fire()
    }
    this.time = end
  }

  /** All processes wake up, everything arrives, and nothing is lost for so many seconds. */
  heal(seconds: number): void {
    for (const by of this.members.keys()) this.wake(by)
    this.#deliverAll()
    const end = this.time + seconds
    for (let next = this.#nextTimer(); next <= end; next = this.#nextTimer()) {
      this.time = Math.max(this.time, next)
      this.#fire()
      this.#deliverAll()
    }
    this.time = end
  }

  /** The newest force on each circuit that any process still knows. */
  newest(): Map<string, { version: number; state?: string | undefined }> {
    const found = new Map<string, { version: number; state?: string | undefined }>()
    const note = (circuit: string, version: number, state?: string): void => {
      if (version > (found.get(circuit)?.version ?? -1)) found.set(circuit, { version, state })
    }
    const underWay = this.flights.filter((flight) => !this.#isLate(flight))
    const lists = [
      this.#stored(),
      ...this.members.map(({ state }) => knownForces(state, this.time)),
      ...underWay.flatMap(({ answer }) => answer ?? []),
    ]
    for (const { forces, lifted } of lists) {
      for (const { circuit, version, state } of forces) note(circuit, version, state)
      for (const { circuit, version } of lifted) note(circuit, version)
    }
    return found
  }

  /** What each process says of a circuit. */
  saidOf(circuit: string): (string | undefined)[] {
    return this.members.map(({ state }) => {
      const force = state.standing.get(circuit)
      return force && force.until > this.time ? force.state : undefined
    })
  }

  /** @throws AssertionError unless all processes say what the storage says */
  agree(): void {
    const { version, forces } = this.#stored()
    for (const [by, { state }] of this.members.entries()) {
      ok(state.version === version, `process ${by} knows version ${state.version}, not ${version}`)
      const standing = [...state.standing].filter(([, { until }]) => until > this.time)
      const names = standing
        .map(([name]) => name)
        .toSorted()
        .join()
      const stored = forces
        .map(({ circuit }) => circuit)
        .toSorted()
        .join()
      ok(names === stored, `process ${by} forces ${names}, not ${stored}`)
      for (const force of forces) {
        const { until = 0, ...own } = state.standing.get(force.circuit) ?? {}
        const end = this.time + (force.endsIn ?? Infinity)
        ok(until === end || Math.abs(until - end) < TOLERANCE, `process ${by} ends at ${until}`)
        ok('state' in own && own.state === force.state, `process ${by} forces another state`)
      }
    }
  }

  #announce(version: number | undefined): void {
    if (version === undefined) return
    for (const to of this.members.keys()) this.messages.push({ to, version })
  }

  #stored(): ForceAnswer {
    const question = { op: 'read', process: '', deadline: 1, known: NO_FORCES } as const
    return decideForces(this.#kept, question, this.clock).answer
  }

  #isLate({ at }: Flight): boolean {
    return this.time > at + DEADLINE
  }

  #take(by: number, input: ForcesInput): void {
    const member = this.#member(by)
    const [state, effects] = stepForces(member.state, input, this.time)
    member.state = state
    const factor = 1 + JITTER * ((2 * by) / Math.max(1, this.members.length - 1) - 1)
    for (const effect of effects) {
      if (effect.do === 'read') this.#read(by, effect.isRoutine)
      else if (effect.do === 'start') {
        member.timers.set(effect.input, this.time + effect.seconds * factor)
      } else if (effect.do === 'stop') {
        member.timers.delete(effect.input)
      } else if (effect.do === 'await' && !member.timers.has(effect.input)) {
        member.timers.set(effect.input, this.time + effect.seconds)
      }
    }
  }

  #read(by: number, isRoutine: boolean): void {
    this.reads += 1
    this.ask(by, { op: 'read', isRoutine })
  }

  #deliverAll(): void {
    while (this.flights.length + this.messages.length > 0) {
      if (this.flights.length > 0) {
        this.carryOut(0)
        this.deliver(0)
      }
      while (this.messages.length > 0) this.receive(0)
    }
  }

  #nextTimer(): number {
    const awake = this.members.filter(({ isAwake }) => isAwake)
    return Math.min(...awake.flatMap(({ timers, retryAt }) => [...timers.values(), retryAt]))
  }

  #fire(): void {
    for (const [by, member] of this.members.entries()) {
      if (!member.isAwake) continue
      if (member.retryAt <= this.time) {
        member.retryAt = Infinity
        this.#read(by, false)
      }
      for (const [input, at] of member.timers) {
        if (at > this.time) continue
        member.timers.delete(input)
        this.#take(by, { on: input })
      }
    }
  }

  #member(by: number): Member {
    return this.members[by % this.members.length] as Member
  }

  #pick<Item>(items: readonly Item[], which: number): Item | undefined {
    return items[which % Math.max(1, items.length)]
  }
}
