/** Asks a fallback, and sees to it that a fallback which asks itself comes to an end. */
import type { InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { warnOnce } from '../internal/warnings.js'
import { quote } from '../internal/quote.js'
import { laterTurn, TurnCount } from '../internal/turns.js'
import type { OpenedStateError } from './errors.js'
import { cameOfFallback, within } from './reentry.js'

/** Response data, or a whole response, to be had in place of a refusal; or a promise of it. */
export type Fallback = (error: OpenedStateError, config: InternalAxiosRequestConfig) => unknown

/** Calls in one turn of the loop, of all fallbacks: some milliseconds' worth. */
const MOST_PER_TURN = 1000
/** Calls of all fallbacks that have not ended. A ring of circuits is no way round it. */
export const MOST_PENDING = 10_000

let pending = 0
let turn: TurnCount | undefined
/** Until a turn that has had enough is over. */
let pause: Promise<void> | undefined

/** @throws the refusal, if its request came of the fallback itself, or too many wait for an answer */
export async function askFallback(
  fallback: Fallback,
  error: OpenedStateError,
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
): Promise<unknown> {
  if (cameOfFallback(error, circuit)) throw refusalOf(error, fallback, ASKS_ITSELF)
  if (pending >= MOST_PENDING) throw refusalOf(error, fallback, PENDING)
  pending += 1
  try {
    turn ??= new TurnCount(MOST_PER_TURN)
    while (turn.add()) await (pause ??= endOf(turn))
    return await within(circuit, error, config, () => fallback(error, config))
  } finally {
    pending -= 1
  }
}

const ADVICE = 'Send its requests with circuitBreaker: false'
const ASKS_ITSELF = 'sent a request through that circuit, which was refused too'
const PENDING = `was not asked, as ${MOST_PENDING} calls of fallbacks have not ended`

function refusalOf(error: OpenedStateError, fallback: Fallback, what: string): OpenedStateError {
  warnOnce(fallback, what, `The fallback of circuit ${quote(error.circuit)} ${what}. ${ADVICE}`)
  return error
}

async function endOf(full: TurnCount): Promise<void> {
  await laterTurn()
  full.next()
  pause = undefined
}
