/** Renders who forces a circuit, why, and for how long. */
import type { Forced, ForcedState } from '../circuit/force.js'
import { markup, visible, type Html } from './html.js'
import { time } from './time.js'

const TEXT_LENGTH = 200
export const FORCED_WORDS: Readonly<Record<ForcedState, string>> = {
  opened: 'forced open',
  closed: 'forced closed',
}

/** @returns the lines */
export function forceOf({ state, by, reason }: Forced, until: Date | undefined): readonly Html[] {
  const who = by === undefined ? markup`` : markup` by ${shown(by)}`
  const end = until ? markup`until ${time(until)}` : markup`until it is released`
  return [
    markup`${FORCED_WORDS[state]}${who}`,
    ...(reason === undefined ? [] : [markup`${shown(reason)}`]),
    end,
  ]
}

/** Whoever may force a circuit chooses these texts: they may come from anywhere. */
function shown(text: string): Html {
  return markup`<bdi>${visible(text, TEXT_LENGTH)}</bdi>`
}
