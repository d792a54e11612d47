/**
 * Logs what happens to circuits with debug: `DEBUG='axios-breaker:*' node examples/logging/debug.mjs`, after
 * `npm run build`. Each event has a namespace: `DEBUG=axios-breaker:stateChanged` shows one kind only.
 *
 * Events are plain objects with nothing of a request in them, so they can be logged as they are.
 */
import { CircuitBreaker } from 'axios-breaker'
import debug from 'debug'
import { makeTraffic } from './traffic.mjs'

const EVENTS = ['created', 'detached', 'stateChanged', 'failed', 'recovered', 'rejected'].concat([
  'attempted',
  'storageLost',
  'storageRestored',
])

/** @param {CircuitBreaker} breaker */
function logEvents(breaker) {
  for (const event of EVENTS) {
    const log = debug(`axios-breaker:${event}`)
    // What nobody wants to see need not be made: attempts are told only where somebody listens.
    if (log.enabled) breaker.on(event, (fields) => log('%o', fields))
  }
}

const breaker = new CircuitBreaker()
logEvents(breaker)
await makeTraffic(breaker)
