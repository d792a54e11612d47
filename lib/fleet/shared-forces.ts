/** The forces of a fleet, as one of its processes knows them: the shell around the flow of the list. */
import type { Forces } from '../breaker/membership.js'
import type { GivenForce, StandingForce } from '../circuit/force.js'
import { isCircuitError, messageOf } from '../internal/errors.js'
import { quote, visible } from '../internal/quote.js'
import { schedule } from '../internal/timers.js'
import { warnOnce } from '../internal/warnings.js'
import type { ForceAnswer, ForceCommand, ForceQuestion } from '../storage/forces.js'
import { beginForces, knownForces, stepForces } from './flow/forcing.js'
import type { ForcesEffect, ForcesInput, ForcesState, TimedInput } from './flow/forcing.js'
import type { Readable } from './readings.js'

/** The largest deviation of the time between two reads, as a fraction of `refresh`. */
const JITTER = 0.2
export const UNSHARED = 'the storage cannot share forced circuits'

export interface SharedForcesOptions {
  readonly process: string
  /** Monotonic seconds. */
  readonly now: () => number
  /** Seconds. */
  readonly refresh: number
  readonly commandDeadline: number
  readonly ask: (question: ForceQuestion) => Promise<ForceAnswer>
  /** Causes a read of the list as soon as the storage can be asked. */
  readonly readSoon: () => void
}

export class SharedForces implements Forces, Readable {
  /** Whether the storage can share forces; undefined before it was connected. */
  isShared: boolean | undefined
  readonly #options: SharedForcesOptions
  readonly #timers = new Map<TimedInput, () => void>()
  #state: ForcesState
  #isRunning = false
  /** Whether the next read is to be announced. */
  #isRoutine = false
  #onForced: (circuit: string) => void = () => undefined

  constructor(options: SharedForcesOptions) {
    this.#options = options
    this.#state = beginForces(options.refresh)
  }

  of(circuit: string): StandingForce | undefined {
    return this.#state.standing.get(circuit)
  }

  watch(onForced: (circuit: string) => void): void {
    this.#onForced = onForced
  }

  async set(circuit: string, force: GivenForce | undefined): Promise<void> {
    const command = commandOf(circuit, force)
    try {
      if (!this.#isRunning) throw new Error('call breaker.init() first')
      if (this.isShared === false) throw new Error(UNSHARED)
      const answered = await this.#ask(command, this.#options.commandDeadline)
      this.#take(answered)
      if (!answered.list.granted) throw new Error('too many circuits are forced already')
    } catch (error) {
      const what = `Could not ${command.op} the circuit ${quote(circuit)} for the fleet`
      throw new Error(`${what}: ${visible(messageOf(error))}`, { cause: error })
    }
  }

  /** Begins to read the list now and then. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#take({ on: 'started' })
  }

  /** Keeps the forces that stand until they end. */
  stop(): void {
    this.#isRunning = false
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  received(version: number): void {
    if (this.#isRunning) this.#take({ on: 'received', version })
  }

  async read(deadline: number): Promise<() => void> {
    const isRoutine = this.#isRoutine
    try {
      const answered = await this.#ask({ op: 'read', isRoutine }, deadline)
      if (isRoutine) this.#isRoutine = false
      return () => this.#take(answered)
    } catch (error) {
      if (isCircuitError(error)) warnOnce(this, 'forces', `Forced circuits are not shared: ${messageOf(error)}`) // prettier-ignore
      throw error
    }
  }

  async #ask(command: ForceCommand, deadline: number) {
    const { ask, process, now } = this.#options
    const { learned } = this.#state
    const at = now()
    const known = knownForces(this.#state, at)
    const list = await ask({ ...command, process, deadline, known })
    return { on: 'answered', list, at, learned } as const
  }

  #take(input: ForcesInput): void {
    const [state, effects] = stepForces(this.#state, input, this.#options.now())
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: ForcesEffect): void {
    switch (effect.do) {
      case 'read':
        this.#isRoutine ||= effect.isRoutine
        return this.#options.readSoon()
      case 'report':
        return this.#onForced(effect.circuit)
      case 'start':
        this.#stop(effect.input)
        return this.#start(effect.input, effect.seconds * (1 + JITTER * (2 * Math.random() - 1)))
      case 'stop':
        return this.#stop(effect.input)
      case 'await':
        if (!this.#timers.has(effect.input)) this.#start(effect.input, effect.seconds)
    }
  }

  #stop(input: TimedInput): void {
    this.#timers.get(input)?.()
    this.#timers.delete(input)
  }

  #start(input: TimedInput, seconds: number): void {
    if (!this.#isRunning) return
    const cancel = schedule(seconds, () => {
      this.#timers.delete(input)
      this.#take({ on: input })
    })
    this.#timers.set(input, cancel)
  }
}

function commandOf(circuit: string, given: GivenForce | undefined) {
  if (!given) return { op: 'unforce', circuit } as const
  const { state, by, reason, for: endsIn } = given
  return { op: 'force', circuit, force: { state, by, reason, endsIn } } as const
}
