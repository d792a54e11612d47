/** Which transitions are counted apart: by the new state, by who decided, and openings by their cause. */
import type { CircuitEvents } from '../circuit/events.js'
import type { Possible } from './group.js'

export type Transition = Pick<CircuitEvents['stateChanged'], 'to' | 'origin' | 'cause'>

const ORIGINS = ['local', 'shared'] as const
const CAUSES = ['streak', 'rate', 'probe'] as const

/** Every transition there may be, of any circuit. */
export const ALL: readonly Transition[] = ORIGINS.flatMap((origin) => [
  { to: 'closed', origin },
  ...CAUSES.map((cause) => ({ to: 'opened', origin, cause }) as const),
  { to: 'half-opened', origin },
])

export function transitionsOf({ isShared, hasRate }: Possible): readonly Transition[] {
  return ALL.filter(
    ({ origin, cause }) => (isShared || origin === 'local') && (hasRate || cause !== 'rate'),
  )
}
