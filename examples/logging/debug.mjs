/**
 * Logs what happens to circuits with debug: `DEBUG='axios-breaker:*' node examples/logging/debug.mjs`, after
 * `npm run build`. Each event has a namespace: `DEBUG=axios-breaker:stateChanged` shows one kind only.
 *
 * Events are plain objects without any content of a request, so you can log them as they are.
 */
import { CircuitBreaker } from 'axios-breaker'
import debug from 'debug'
import { makeTraffic } from './traffic.mjs'

/** @typedef {import('axios-breaker').EventName} EventName */

/** @type {EventName[]} */
const EVENTS = [
  'created',
  'detached',
  'stateChanged',
  'failed',
  'recovered',
  'forced',
  'rejected',
  'attempted',
  'storageLost',
  'storageRestored',
]

/** @param {CircuitBreaker} breaker */
function logEvents(breaker) {
  for (const event of EVENTS) {
    const log = debug(`axios-breaker:${event}`)
    // Do not listen to events that are not shown: without a listener, an event is not even created.
    if (log.enabled) breaker.on(event, (fields) => log('%o', fields))
  }
}

const breaker = new CircuitBreaker()
logEvents(breaker)
await makeTraffic(breaker)
