/** Calls fallbacks, and stops a fallback that would call itself endlessly. */
import type { InternalAxiosRequestConfig } from 'axios'
import { warnOnce } from '../internal/warnings.js'
import { quote } from '../internal/quote.js'
import { laterTurn, TurnCount } from '../internal/turns.js'
import type { OpenedStateError } from './errors.js'
import { cameOfFallback, callMarked } from './reentry.js'
import type { Route } from './route.js'

/** Answers a refused request: with response data, with a whole response, or with a promise of either. */
export type Fallback = (error: OpenedStateError, config: InternalAxiosRequestConfig) => unknown

/** Calls of all fallbacks in one turn of the event loop: they take a few milliseconds. */
const MOST_PER_TURN = 1000
/** Calls of all fallbacks that have not ended. The limit also stops a ring of circuits. */
export const MOST_PENDING = 10_000

let pending = 0
let turn: TurnCount | undefined
/** Settles when a full turn is over. */
let pause: Promise<void> | undefined

/** @throws the refusal, if the fallback itself sent its request, or if too many calls are pending */
export async function askFallback(
  fallback: Fallback,
  error: OpenedStateError,
  config: InternalAxiosRequestConfig,
  route: Route,
): Promise<unknown> {
  if (cameOfFallback(error, route)) throw refusalOf(error, fallback, ASKS_ITSELF)
  if (pending >= MOST_PENDING) throw refusalOf(error, fallback, PENDING)
  pending += 1
  try {
    turn ??= new TurnCount(MOST_PER_TURN)
    while (turn.add()) await (pause ??= endOf(turn))
    return await callMarked(route, error, config, () => fallback(error, config))
  } finally {
    pending -= 1
  }
}

const ADVICE = 'Send its requests with circuitBreaker: false'
const ASKS_ITSELF = 'sent a request through the same circuit, which refused that too'
const PENDING = `was not called, because ${MOST_PENDING} calls of fallbacks have not ended`

function refusalOf(error: OpenedStateError, fallback: Fallback, what: string): OpenedStateError {
  warnOnce(fallback, what, `The fallback of circuit ${quote(error.circuit)} ${what}. ${ADVICE}`)
  return error
}

async function endOf(full: TurnCount): Promise<void> {
  await laterTurn()
  full.next()
  pause = undefined
}
