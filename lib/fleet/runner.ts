/** Runs the flow of one circuit: keeps the state, performs effects, and feeds the answers back as inputs. */
import type { LocalCircuit } from '../circuit/local-circuit.js'
import type { Admission, Origin, Rules } from '../circuit/types.js'
import { isCircuitError } from '../internal/errors.js'
import type { Answer, Command, Question, Snapshot } from '../storage/contract.js'
import type { Ask, Effect } from './flow/effect.js'
import type { Input } from './flow/input.js'
import type { State } from './flow/state.js'
import { step } from './flow/step.js'
import { NamedTimers } from './named-timers.js'
import { ProvenWindow } from './proven-window.js'
import { Tokens } from './tokens.js'

/** Rejects at the deadline. @param late called with an answer that comes after the deadline */
export type AskStorage = (question: Question, late: (answer: Answer) => void) => Promise<Answer>

/** The parts that all questions about a circuit share. */
export type Asker = Pick<Question, 'circuit' | 'process' | 'reporter' | 'terms'>

export interface RunnerOptions {
  readonly local: LocalCircuit
  readonly rules: Rules
  /** Monotonic seconds. */
  readonly now: () => number
  readonly who: Asker
  readonly ask: AskStorage
  /** Called while the circuit is not closed, to have it read now and then. */
  readonly watch: () => void
  /** Called before a timer counts: if the process did not run for a while, what it knew may be too old. */
  readonly checkPulse: () => void
  /** Publishes the transition, if there was one. */
  readonly publish: (origin: Origin) => void
  /** Called if the storage answers, but not for this circuit. */
  readonly onUnusable: (error: unknown) => void
}

export class Runner {
  /** What the local circuit has counted for its rate, as far as the fleet may know it. */
  readonly window: ProvenWindow
  readonly tokens: Tokens
  readonly #options: RunnerOptions
  #state: State
  /** The requests that wait for a permit, by token. */
  readonly #waiting = new Map<string, (admission: Admission) => void>()
  readonly #timers = new NamedTimers()
  /** The questions so far, until their answers were processed. */
  #asked: Promise<void> | undefined

  constructor(options: RunnerOptions, state: State) {
    this.window = new ProvenWindow(options.local, options.rules)
    this.tokens = new Tokens(options.who.process)
    this.#options = options
    this.#state = state
  }

  get state(): State {
    return this.#state
  }

  take(input: Input): void {
    const now = this.#options.now()
    const [state, effects] = step(this.#state, withWindow(input, this.window, now), now)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  /** Lets the local circuit decide by itself. A probe gets a token, in case the storage has to know of it. */
  admit(): Admission {
    const { local } = this.#options
    const admission = local.admit()
    const own = this.tokens.keep(admission)
    const now = local.decidedState
    const isNews = own !== undefined || now !== this.#state.local
    if (isNews) this.take({ on: 'admitted', local: now, own })
    return admission
  }

  /** Asks for a permit. */
  acquire(): Promise<Admission> {
    const token = this.tokens.next()
    return new Promise((resolve) => {
      this.#waiting.set(token, resolve)
      this.take({ on: 'wanted', token })
    })
  }

  /** Waits until what is on its way, and a report of everything known now, are done. */
  async flush(): Promise<void> {
    this.take({ on: 'hurried' })
    const first = this.#asked
    await first
    if (this.#asked !== first) await this.#asked
  }

  /** Rejects if no answer comes in time, or if the storage refuses. */
  async ask(command: Command, deadline: number, known: Snapshot): Promise<Answer> {
    const { ask, who, onUnusable } = this.#options
    const late = (answer: Answer): void => this.take({ on: 'late', to: command, answer })
    try {
      return await ask({ ...command, ...who, deadline, known }, late)
    } catch (error) {
      if (isCircuitError(error)) {
        this.take({ on: 'unusable' })
        onUnusable(error)
      }
      throw error
    }
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'ask':
        return this.#send(effect)
      case 'move':
        return move(this.#options.local, effect)
      case 'renewPermit':
        return this.#distrust(effect.since)
      case 'publish':
        return this.#options.publish(effect.origin)
      case 'watch':
        return this.#options.watch()
      case 'admit':
        return this.#admit(effect)
      case 'refuse':
        return this.#decide(effect.token, effect.refusal)
      case 'start':
        return this.#start(effect)
      case 'stop':
        return this.#timers.stop(effect.timer)
    }
  }

  #send(asked: Ask): void {
    // If it kept the results, they would pile up.
    this.#asked = Promise.all([this.#asked, this.#askFor(asked)]).then(() => undefined)
  }

  /** If no answer comes, the link publishes `storageLost`. */
  async #askFor({ command, deadline, known, at }: Ask): Promise<void> {
    const answer = await this.ask(command, deadline, known).catch(() => undefined)
    if (answer) this.take({ on: 'answered', to: command, answer, at })
    else this.take({ on: 'unanswered', to: command })
  }

  #distrust(since: number): void {
    this.#options.local.renewPermit(since)
    this.window.distrust(since)
  }

  #admit({ token, leasedAt }: Extract<Effect, { do: 'admit' }>): void {
    const { local } = this.#options
    const admission = local.admit()
    const own = this.tokens.keep(admission, token)
    const isTaken = own !== undefined
    const lease = leasedAt !== undefined && { token, grantedAt: leasedAt, isTaken }
    this.take({ on: 'admitted', local: local.decidedState, ...(lease ? { lease } : { own }) })
    this.#decide(token, admission)
  }

  #decide(token: string, admission: Admission): void {
    this.#waiting.get(token)?.(admission)
    this.#waiting.delete(token)
  }

  #start({ timer, seconds, input }: Extract<Effect, { do: 'start' }>): void {
    this.#timers.start(timer, seconds, () => {
      this.#options.checkPulse()
      this.take(input)
    })
  }
}

/** What is told of the window is what is in it at this moment. */
function withWindow(input: Input, window: ProvenWindow, now: number): Input {
  const { on } = input
  const isDue = on === 'freshDue' || on === 'answerDue' || on === 'hurried'
  return isDue || on === 'ended' ? { ...input, window: window.at(now) } : input
}

function move(local: LocalCircuit, { to, since, facts }: Extract<Effect, { do: 'move' }>): void {
  if (to === 'opened') local.open(since, facts)
  else if (to === 'closed') local.close()
  else local.halfOpen(facts)
}
