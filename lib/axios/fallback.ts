/** Asks a fallback, and sees to it that a fallback which asks itself comes to an end. */
import type { InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'
import { warnOnce } from '../complain.js'
import { quote } from '../quote.js'
import { laterTurn, TurnCount } from '../turns.js'
import type { OpenedStateError } from './errors.js'
import { cameOfFallback, within } from './reentry.js'

/** Response data, or a whole response, to be had in place of a refusal; or a promise of it. */
export type Fallback = (error: OpenedStateError, config: InternalAxiosRequestConfig) => unknown

/** Calls in one turn of the loop, of all fallbacks: some milliseconds' worth. */
const MOST_PER_TURN = 1000
/** Calls of one circuit's fallbacks that have not ended: some tens of megabytes of those that nest. */
const MOST_PENDING = 10_000

const pendingOf = new WeakMap<ManagedCircuit, number>()
let turn: TurnCount | undefined
let pause: Promise<void> | undefined

/** @throws the refusal, if its request came of the fallback itself, or too many wait for an answer */
export async function askFallback(
  fallback: Fallback,
  error: OpenedStateError,
  config: InternalAxiosRequestConfig,
  circuit: ManagedCircuit,
): Promise<unknown> {
  const pending = pendingOf.get(circuit) ?? 0
  if (cameOfFallback(error, circuit)) throw refusalOf(error, fallback, ASKS_ITSELF)
  if (pending >= MOST_PENDING) throw refusalOf(error, fallback, PENDING)
  pendingOf.set(circuit, pending + 1)
  try {
    while (pause) await pause
    if ((turn ??= new TurnCount(MOST_PER_TURN)).add()) pauseFrom(turn)
    return await within(circuit, error, config, () => fallback(error, config))
  } finally {
    pendingOf.set(circuit, (pendingOf.get(circuit) ?? 1) - 1)
  }
}

const ASKS_ITSELF =
  'sent a request through the circuit that it answers for, which was refused too. ' +
  'Such a request rejects: send it with circuitBreaker: false, or through another circuit'
const PENDING =
  `has ${MOST_PENDING} calls that have not ended: further refusals reject. ` +
  'If it sends requests, send them with circuitBreaker: false'

function refusalOf(error: OpenedStateError, fallback: Fallback, what: string): OpenedStateError {
  warnOnce(fallback, what, `The fallback of circuit ${quote(error.circuit)} ${what}`)
  return error
}

/** Those that would come next wait for a turn of their own. */
function pauseFrom(full: TurnCount): void {
  pause = laterTurn().then(() => {
    full.reset()
    pause = undefined
  })
}
