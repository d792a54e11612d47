/**
 * Logs what happens to circuits with pino: `node examples/logging/pino.mjs`, after `npm run build`.
 *
 * Events are plain objects without any content of a request, so you can log them as they are.
 */
import { CircuitBreaker } from 'axios-breaker'
import pino from 'pino'
import { makeTraffic } from './traffic.mjs'

/** @import { EventName } from 'axios-breaker' */
/** @import { Level } from 'pino' */

/**
 * Errors need attention at once, information explains them, and debug has one line for each request.
 *
 * @satisfies {Partial<Record<EventName, Level>>}
 */
const LEVELS = {
  created: 'info',
  detached: 'info',
  stateChanged: 'warn',
  failed: 'warn',
  recovered: 'info',
  // Who did it, why, and for how long.
  forced: 'warn',
  storageLost: 'error',
  storageRestored: 'info',
  // While a circuit is opened, each request publishes one. In production, a metric counts them.
  rejected: 'debug',
  attempted: 'trace',
}

/**
 * @param {CircuitBreaker} breaker
 * @param {import('pino').Logger} logger
 */
function logEvents(breaker, logger) {
  for (const event of /** @type {(keyof typeof LEVELS)[]} */ (Object.keys(LEVELS))) {
    const level = LEVELS[event]
    breaker.on(event, (fields) => logger[level]({ event, ...fields }, `circuit breaker: ${event}`))
  }
}

const breaker = new CircuitBreaker()
logEvents(breaker, pino({ level: process.env.LOG_LEVEL ?? 'trace' }))
await makeTraffic(breaker)
