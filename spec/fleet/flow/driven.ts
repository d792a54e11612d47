/** The flow of a shared circuit, which the spec drives itself: no clock, no timer, no storage, and no waiting. */
import type { Outcome } from '../../../lib/circuit/types.js'
import type { Effect, Ask } from '../../../lib/fleet/flow/effect.js'
import type { Input } from '../../../lib/fleet/flow/input.js'
import { begin, type Settings, type State } from '../../../lib/fleet/flow/state.js'
import { step } from '../../../lib/fleet/flow/step.js'
import type { Answer, Command, Snapshot } from '../../../lib/storage/contract.js'
import { INITIAL_SNAPSHOT } from '../../../lib/storage/initial-snapshot.js'

export const SETTINGS: Settings = {
  threshold: 5,
  ttl: 10,
  probeTimeout: 60,
  lease: 6,
  permitDeadline: 0.1,
  commandDeadline: 0.5,
  lot: 0.5,
}

type Of<Do extends Effect['do']> = Extract<Effect, { readonly do: Do }>
type CommandOf<Op extends Command['op']> = Extract<Command, { readonly op: Op }>

export class Driven {
  now = 100
  state: State
  /** All effects so far, the oldest first. */
  readonly effects: Effect[] = []

  constructor(settings: Partial<Settings> = {}) {
    this.state = begin({ ...SETTINGS, ...settings }, true, false)
  }

  /** @returns the effects of this input */
  take(input: Input): readonly Effect[] {
    const [state, effects] = step(this.state, input, this.now)
    this.state = state
    this.effects.push(...effects)
    return effects
  }

  /** Requests end, admitted now. */
  end(outcome: Outcome, count = 1, grantedAt = this.now): void {
    for (let index = 0; index < count; index += 1) {
      this.take({ on: 'ended', outcome, grantedAt, local: this.state.local })
    }
  }

  all<Do extends Effect['do']>(kind: Do): readonly Of<Do>[] {
    return this.effects.filter((effect): effect is Of<Do> => effect.do === kind)
  }

  /** All questions of this kind so far. */
  asked<Op extends Command['op']>(op: Op): readonly (Ask & { readonly command: CommandOf<Op> })[] {
    return this.all('ask').filter(
      (effect): effect is Ask & { readonly command: CommandOf<Op> } => effect.command.op === op,
    )
  }

  /** Answers the last question of this kind. */
  answer(op: Command['op'], answer: Partial<Answer> = {}): readonly Effect[] {
    const { command, at } = this.#last(op)
    return this.take({ on: 'answered', to: command, answer: { ...this.answered, ...answer }, at })
  }

  /** It is not answered, or refused. */
  fail(op: Command['op']): readonly Effect[] {
    return this.take({ on: 'unanswered', to: this.#last(op).command })
  }

  read(snapshot: Partial<Snapshot> = {}): readonly Effect[] {
    const { losses } = this.state
    return this.take({ on: 'read', answer: this.#now(snapshot), at: this.now, losses })
  }

  push(snapshot: Partial<Snapshot>): readonly Effect[] {
    return this.take({ on: 'pushed', snapshot: this.#now(snapshot), isOwn: false })
  }

  /** What a storage answers that knows nothing new. */
  get answered(): Answer {
    return { ...INITIAL_SNAPSHOT, ...this.state.view.snapshot, granted: true }
  }

  #now(snapshot: Partial<Snapshot>): Snapshot {
    return { ...INITIAL_SNAPSHOT, ...this.state.view.snapshot, ...snapshot }
  }

  #last(op: Command['op']): Ask {
    const last = this.asked(op).at(-1)
    if (!last) throw new Error(`no ${op} was asked`)
    return last
  }
}

/** A circuit of the fleet that opened just now. */
export function opened(version: number): Snapshot {
  return { ...INITIAL_SNAPSHOT, version, epoch: version, state: 'opened', failureCount: 5 }
}
