/**
 * Processes that share a circuit over a network which loses, repeats, delays and reorders everything. The
 * storage carries out questions by the reference rules. Nothing happens unless a spec causes it.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Outcome, Rules } from '../../../lib/circuit/types.js'
import type { Ask } from '../../../lib/fleet/flow/effect.js'
import { isClosed, isOutdated, known } from '../../../lib/fleet/flow/view.js'
import type { Answer, Command, Question, Snapshot, Terms } from '../../../lib/storage/contract.js'
import { decide } from '../../../lib/storage/rules/decide.js'
import type { Kept } from '../../../lib/storage/rules/kept.js'
import { SETTINGS } from './driven.js'
import { SteppedProcess } from './stepped-process.js'

const LEASE = 6
const OTHER_TIMERS = new Set(['hold', 'fresh', 'answer', 'tally'])

/** A question on its way, or its answer. */
interface Letter {
  readonly by: SteppedProcess
  readonly command: Command
  readonly known: Snapshot
  readonly at: number
  readonly losses: number
  isGivenUp: boolean
  answer: Answer | undefined
}

interface Push {
  readonly to: SteppedProcess
  readonly from: string
  readonly snapshot: Snapshot
}

export interface WorldOptions extends Rules {
  readonly quorum: number
}

export class World {
  now = 1000
  readonly processes: readonly SteppedProcess[]
  /** The states that the storage went through. */
  readonly visited = new Set<string>()
  refusals = 0
  /** Probes that were sent since nothing is lost any more. */
  probes = 0
  /** Set once nothing is lost any more. */
  #isInOrder = false
  readonly #terms: Terms
  #kept: Kept | undefined
  #letters: readonly Letter[] = []
  #pushes: readonly Push[] = []
  /** The epochs in which permits were granted, by token. */
  readonly #granted = new Map<string, number>()

  constructor(options: WorldOptions, size: number) {
    const { threshold, failureRate, probeTimeout, quorum, ...shared } = options
    const lease = Math.min(LEASE, probeTimeout)
    this.#terms = { ...shared, opening: { threshold, failureRate }, lease, quorum }
    const { ttl, growth, maxRetryAfter } = shared
    const rules = { threshold, ttl, growth, maxRetryAfter, probeTimeout }
    const rate = failureRate || undefined
    this.processes = Array.from({ length: size }, (_, index): SteppedProcess => {
      const process: SteppedProcess = new SteppedProcess({
        name: `p${index}`,
        rules: options,
        settings: { ...SETTINGS, ...rules, rate, lot: index / size, lease: LEASE },
        now: () => this.now,
        ask: (asked) => this.#post(process, asked),
        onProbe: (isLeased) => this.#checkProbe(process, isLeased),
      })
      return process
    })
  }

  /** The link asks whether the storage is there, or reads an outage once more. */
  read(by: SteppedProcess): void {
    const command = { op: 'read' } as const
    this.#post(by, { command, known: known(by.state, this.now), at: this.now })
  }

  /** The storage carries out a question, and publishes any change to all. */
  carryOut(which: number): void {
    const letter = pick(this.#letters, which, ({ answer }) => answer === undefined)
    if (!letter) return
    const { op } = letter.command
    // A storage carries out neither of these later than its deadline, and then lends nothing by a renewal.
    if (letter.isGivenUp && (op === 'report' || op === 'acquire')) return this.#drop(letter)
    if (letter.isGivenUp && op === 'renew' && !this.#holds(letter.command.token))
      return this.#drop(letter)
    const before = this.#kept?.state ?? 'closed'
    const { kept, answer, changed } = decide(this.#kept, this.#question(letter), this.now)
    this.#kept = kept
    const isClosing = before !== 'closed' && kept?.state === 'closed'
    if (isClosing) for (const process of this.processes) process.closeAll()
    letter.answer = answer
    this.visited.add(answer.state)
    if (letter.command.op === 'acquire' && answer.granted && answer.state === 'half-opened') {
      this.#granted.set(letter.command.token, answer.epoch)
    }
    if (!changed) return
    const from = letter.by.name
    this.#pushes = [
      ...this.#pushes,
      ...this.processes.map((to) => ({ to, from, snapshot: changed })),
    ]
  }

  /** An answer arrives, in time or not. */
  deliver(which: number): void {
    const letter = pick(this.#letters, which, ({ answer }) => answer !== undefined)
    if (!letter?.answer) return
    this.#drop(letter)
    const { by, command, answer, at, losses } = letter
    if (command.op === 'read') {
      if (!letter.isGivenUp) by.take({ on: 'read', answer, at, losses })
      return
    }
    if (letter.isGivenUp) return this.#deliverLate(letter, answer)
    if (command.op === 'report' && !answer.granted && !isOfWindow(command)) this.refusals += 1
    if (answer.poll) this.visited.add('a poll')
    if (Number(answer.round) > 1) this.visited.add('a second round')
    if (isOfWindow(command) && answer.granted && answer.state === 'opened') {
      this.visited.add('opened by the rate')
    }
    by.take({ on: 'answered', to: command, answer, at })
  }

  /** The deadline of a question is over. */
  giveUp(which: number): void {
    const letter = pick(this.#letters, which, ({ isGivenUp }) => !isGivenUp)
    if (!letter) return
    letter.isGivenUp = true
    this.#leaveUnanswered(letter)
  }

  /** The connection breaks with a question, or its answer, on its way. */
  lose(which: number): void {
    const letter = pick(this.#letters, which, () => true)
    if (!letter) return
    this.#drop(letter)
    if (!letter.isGivenUp) this.#leaveUnanswered(letter)
  }

  /** @param isRepeated it arrives once more later */
  push(which: number, isRepeated: boolean): void {
    const push = pick(this.#pushes, which, ({ to }) => !to.isFrozen)
    if (!push) return
    if (!isRepeated) this.#pushes = this.#pushes.filter((one) => one !== push)
    const { to, snapshot, from } = push
    if (isOutdated(to.state, snapshot)) return this.read(to)
    to.take({ on: 'pushed', snapshot, isOwn: from === to.name })
    const once = to.state
    to.take({ on: 'pushed', snapshot, isOwn: from === to.name })
    equal(to.state, once, 'a message that came twice changed something')
  }

  dropPush(which: number): void {
    const push = pick(this.#pushes, which, () => true)
    this.#pushes = this.#pushes.filter((one) => one !== push)
  }

  /** Redis restarts, with what it had or without. Nothing that is on its way arrives. */
  restart(isForgotten: boolean): void {
    while (this.#letters.length > 0) this.lose(0)
    this.#pushes = []
    if (isForgotten) this.#kept = undefined
    for (const process of this.processes) {
      process.hasForgetfulStorage ||= isForgotten
      process.take({ on: 'lost' })
    }
  }

  /** Redis evicts the key, or it has expired. Nobody notices. */
  evict(): void {
    this.#kept = undefined
  }

  /** The process runs again. What waited in its socket is only a hint. */
  thaw(process: SteppedProcess): void {
    process.isFrozen = false
    process.take({ on: 'distrusted' })
    this.#pushes = this.#pushes.filter(({ to }) => to !== process)
    this.read(process)
  }

  /** From here on nothing is lost, and all processes follow the fleet again. */
  putInOrder(): void {
    this.#settleDown()
    this.pass(0)
    for (const process of this.processes) this.read(process)
    this.#settleDown()
    this.check()
    this.#isInOrder = true
  }

  /** What happens in this time, once the network is in order. */
  pass(seconds: number): void {
    this.#settleDown()
    const end = this.now + seconds
    for (let due = this.#due(end); due; due = this.#due(end)) {
      this.now = Math.max(this.now, due.dueAt)
      due.process.fire(due.which)
      this.#settleDown()
    }
    this.now = end
  }

  /** Probes in flight of all processes. */
  get probing(): number {
    return this.processes.reduce((sum, { probing }) => sum + probing, 0)
  }

  #due(end: number) {
    const all = this.processes.flatMap((process) => {
      const { next, isFrozen } = process
      return next && !isFrozen && next.dueAt <= end ? [{ process, ...next }] : []
    })
    return all.toSorted((one, other) => one.dueAt - other.dueAt)[0]
  }

  #holds(token: string): boolean {
    return this.#kept?.permits.some((permit) => permit.token === token) === true
  }

  /** A probe was sent. One without a lease is that of a process whose own circuit has opened, and not the fleet's. */
  #checkProbe({ state }: SteppedProcess, isLeased: boolean): void {
    if (!this.#isInOrder) return
    this.probes += 1
    if (!isLeased) return ok(isClosed(state), 'a probe without a permit')
    const { permits } = this.#terms
    ok(this.probing <= permits, `${this.probing} probes in flight, and ${permits} permits`)
  }

  /** What must hold at every moment. */
  check(): void {
    for (const process of this.processes) this.#checkProcess(process)
    this.#checkLeases()
  }

  /** @throws AssertionError unless the circuit is closed for these processes, which follow the fleet */
  checkClosed(processes: readonly SteppedProcess[]): void {
    for (const { state, local, name } of processes) {
      ok(isClosed(state), `${name} knows of a circuit that is ${state.view.snapshot.state}`)
      equal(local.decidedState, 'closed', `${name} refuses requests`)
    }
  }

  /** From here on nothing is lost. All requests end, and all processes are to agree at last. */
  heal(outcome: Outcome): void {
    for (let round = 0; round < 6; round += 1) {
      for (const process of this.processes) {
        while (process.inFlight.length > 0) process.end(0, outcome)
        for (let left = process.timers.size; left > 0; left -= 1) process.fire(0)
        this.read(process)
      }
      this.#settleDown()
      this.check()
    }
    for (const process of this.processes) this.#checkAgreement(process)
  }

  #settleDown(): void {
    while (this.#letters.length > 0 || this.#pushes.some(({ to }) => !to.isFrozen)) {
      this.carryOut(0)
      this.deliver(0)
      this.push(0, false)
    }
  }

  #checkAgreement({ state, waiting, local }: SteppedProcess): void {
    const { snapshot } = state.view
    ok(!state.isAlone, 'still alone')
    equal(snapshot.version, this.#kept?.version ?? 0, 'a version was never learnt')
    equal(snapshot.state, this.#kept?.state ?? 'closed', 'a state was never learnt')
    if (snapshot.state !== 'closed') ok(local.decidedState !== 'closed', 'laxer than the fleet')
    equal(waiting.size, 0, 'a request waits for ever')
    deepEqual(
      [state.probes.unsettled.size, state.probes.settling, state.probes.leases.size],
      [0, 0, 0],
      'a permit was not given back',
    )
    equal(this.#kept?.permits.length ?? 0, 0, 'the storage holds a permit that nobody has')
  }

  #checkProcess(process: SteppedProcess): void {
    const { state, local, timers, waiting } = process
    const count = (op: Command['op']): number =>
      this.#letters.filter(
        ({ by, command, isGivenUp }) =>
          by === process && command.op === op && !isGivenUp && !isOfWindow(command),
      ).length
    equal(state.local, local.decidedState, 'the flow does not know the local circuit')
    equal(count('report'), state.evidence.inFlight ? 1 : 0, 'reports in flight')
    equal(count('settle'), state.probes.settling, 'ends of probes in flight')
    equal(count('acquire'), state.probes.isAcquiring ? 1 : 0, 'questions for a permit in flight')
    equal(waiting.size, count('acquire'), 'requests that wait')
    equal(timers.has('hold'), state.evidence.isHeldBack, 'the timer that holds back')
    equal(timers.has('fresh'), state.polling.isWaiting, 'the timer of suspicious failures')
    for (const timer of timers.keys()) {
      ok(OTHER_TIMERS.has(timer) || state.probes.leases.has(timer), 'a renewal of nothing')
    }
    ok(process.reports <= process.failures + this.refusals, 'a failure was reported twice')
  }

  /** Permits of the current epoch. Earlier ones are over for all processes but their holders. */
  #checkLeases(): void {
    const held = new Map<number, number>()
    for (const { state } of this.processes) {
      for (const [token, { until, isOwn }] of state.probes.leases) {
        if (isOwn) continue
        const epoch = this.#granted.get(token)
        ok(epoch !== undefined, 'a lease that nobody has granted')
        if (until >= this.now) held.set(epoch, (held.get(epoch) ?? 0) + 1)
      }
    }
    for (const count of held.values()) ok(count <= this.#terms.permits, `${count} permits at once`)
  }

  #deliverLate({ by, command }: Letter, answer: Answer): void {
    const before = by.state
    by.take({ on: 'late', to: command, answer })
    const { probes, ...rest } = by.state
    const { probes: probesBefore, ...restBefore } = before
    deepEqual(rest, restBefore, 'a late answer changed something')
    // The storage may know of a probe that has ended since: it is told so.
    const isEnded = command.op === 'renew' && !probesBefore.leases.has(command.token)
    if (isEnded) return equal(probes.leases, probesBefore.leases, 'a late renewal counted')
    if (command.op !== 'acquire') return equal(probes, probesBefore, 'a late answer counted')
    equal(probes.leases, probesBefore.leases, 'a late permit was taken')
    // The probe that has gone without it holds it until it ends.
    if (answer.granted && !probes.leases.has(command.token))
      equal(probes.unsettled.get(command.token)?.outcome, 'ignored', 'it was kept')
  }

  #leaveUnanswered({ by, command }: Letter): void {
    by.take({ on: 'lost' })
    if (command.op !== 'read') by.take({ on: 'unanswered', to: command })
  }

  #post(by: SteppedProcess, asked: Pick<Ask, 'command' | 'known' | 'at'>): void {
    const { losses } = by.state
    this.#letters = [
      ...this.#letters,
      { by, ...asked, losses, isGivenUp: false, answer: undefined },
    ]
  }

  #drop(letter: Letter): void {
    this.#letters = this.#letters.filter((one) => one !== letter)
  }

  #question({ by: { name }, command, known: snapshot }: Letter): Question {
    const who = { circuit: 'users', process: name, reporter: name, terms: this.#terms }
    return { ...command, ...who, deadline: 1, known: snapshot }
  }
}

/** A report of the window alone. Several may be on their way. */
function isOfWindow(command: Command): boolean {
  return command.op === 'report' && command.evidence.failures === undefined
}

function pick<Value>(
  values: readonly Value[],
  which: number,
  isFit: (value: Value) => boolean,
): Value | undefined {
  const fit = values.filter(isFit)
  return fit[which % Math.max(1, fit.length)]
}
