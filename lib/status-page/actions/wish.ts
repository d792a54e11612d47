/** What a body asks for. The circuit itself checks the time and the reason. */
import { property } from '../../internal/property.js'
import { Refused } from './refused.js'

const ACTIONS = ['opened', 'closed', 'release'] as const

export interface Wish {
  /** The number of the row: a circuit that was detached must not pass its wishes on to the next of its name. */
  readonly circuit: number
  /** The state to force the circuit into, or the end of that. */
  readonly action: (typeof ACTIONS)[number]
  /** Seconds; left out if the force stays until it is lifted. */
  readonly for?: number
  readonly reason?: string
}

/** @throws Refused */
export function wishOf(body: unknown): Wish {
  const read = (name: string): unknown => property(body, name)
  const [circuit, duration, reason] = [read('circuit'), read('for') ?? null, read('reason') ?? '']
  const action = ACTIONS.find((it) => it === read('action'))
  if (!Number.isSafeInteger(circuit)) throw invalid('circuit', 'the number of a row')
  if (!action) throw invalid('action', `one of ${ACTIONS.join(', ')}`)
  if (duration !== null && typeof duration !== 'number') throw invalid('for', 'seconds, or null')
  if (typeof reason !== 'string') throw invalid('reason', 'a text')
  return {
    circuit: Number(circuit),
    action,
    ...(duration !== null && { for: duration }),
    ...(reason !== '' && { reason }),
  }
}

function invalid(name: string, expected: string): Refused {
  return new Refused(400, `Expected JSON whose "${name}" is ${expected}`)
}
