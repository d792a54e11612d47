/** The effects that a step asks for, and functions that combine changes to one step. */
import type { OpeningFacts } from '../../circuit/ttl.js'
import type { CircuitState, Origin, Refusal } from '../../circuit/types.js'
import type { Command, Snapshot } from '../../storage/contract.js'
import type { Input } from './input.js'
import type { State } from './state.js'

export interface Ask {
  readonly do: 'ask'
  readonly command: Command
  /** Seconds. */
  readonly deadline: number
  readonly known: Snapshot
  /** The time of the question, by the process's own clock. */
  readonly at: number
}

export type Effect =
  | Ask
  /** Moves the local circuit like the fleet's, which opened at `since` by the process's own clock. */
  | {
      readonly do: 'move'
      readonly to: CircuitState
      readonly since: number
      /** Set for an opening. */
      readonly facts?: OpeningFacts | undefined
    }
  /** Separates the requests from now on from those that are under way. */
  | { readonly do: 'renewPermit'; readonly since: number }
  /** Publishes the transition, if there was one. */
  | { readonly do: 'publish'; readonly origin: Origin }
  /** Has the circuit read now and then while it is not closed, in case a message is lost. */
  | { readonly do: 'watch' }
  /** Lets the local circuit decide about the request that waits with this token, with or without a lease. */
  | { readonly do: 'admit'; readonly token: string; readonly leasedAt?: number }
  | { readonly do: 'refuse'; readonly token: string; readonly refusal: Refusal }
  /** Feeds `input` in after so many seconds, unless the timer is stopped. */
  | {
      readonly do: 'start'
      readonly timer: string
      readonly seconds: number
      readonly input: Input
    }
  | { readonly do: 'stop'; readonly timer: string }

export type Change = readonly [State, readonly Effect[]]

const NO_EFFECTS: readonly Effect[] = []

/** Returns the state without effects. */
export function only(state: State): Change {
  return [state, NO_EFFECTS]
}

/** Applies changes one after the other, each to the result of the one before. */
export function inTurn(state: State, ...changes: readonly ((state: State) => Change)[]): Change {
  const all: Effect[] = []
  let last = state
  for (const change of changes) {
    const [next, effects] = change(last)
    last = next
    all.push(...effects)
  }
  return [last, all]
}
