/**
 * A service that depends on the user service. This is the code that you would write yourself.
 * Usage: client-service.mjs <origin of the user service> [--without-breaker] [--redis <url>]
 */
import { parseArgs } from 'node:util'
import { reply, serve } from './child.mjs'
import axios from 'axios'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { RedisStorage } from 'axios-breaker/redis'
import { CIRCUITS, TIMEOUT } from './settings.mjs'

/**
 * @import { AxiosError, AxiosInstance } from 'axios'
 * @import { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
 *
 * @typedef {{ status: number, headers?: OutgoingHttpHeaders, [field: string]: unknown }} Reply
 */

const {
  values: flags,
  positionals: [baseURL],
} = parseArgs({
  allowPositionals: true,
  options: { 'without-breaker': { type: 'boolean' }, redis: { type: 'string' } },
})

/** @type {Record<string, AxiosInstance>} */
const instances = {
  users: axios.create({ baseURL, timeout: TIMEOUT }),
  avatars: axios.create({ baseURL, timeout: TIMEOUT }),
}

// A machine with a dozen busy processes is slow, but Redis is not down: use long deadlines.
const patience = { permitDeadline: 1, commandDeadline: 2, initDeadline: 20 }
const storage = flags.redis ? new RedisStorage({ url: flags.redis, ...patience }) : undefined
const breaker = new CircuitBreaker({ storage })
if (!flags['without-breaker']) {
  breaker.attach(instances.users, 'users', CIRCUITS.users)
  breaker.attach(instances.avatars, 'avatars', CIRCUITS.avatars)
}
await breaker.init()

/**
 * Transitions that no answer has reported to the driver yet.
 *
 * @type {Record<string, object[]>}
 */
const unreported = { users: [], avatars: [] }
breaker.on('stateChanged', ({ circuit, from, to, cause, failureRate }) => {
  unreported[circuit].push({ from, to, cause, failureRate })
})

/**
 * All events, for the story of a fleet. Times are in milliseconds, by a clock that all processes share.
 *
 * @type {Record<string, object[]>}
 */
const events = { users: [], avatars: [] }
for (const event of /** @type {const} */ (['failed', 'recovered', 'stateChanged', 'forced'])) {
  const at = () => Number(process.hrtime.bigint()) / 1e6
  breaker.on(event, ({ circuit, ...what }) => events[circuit].push({ event, at: at(), ...what }))
}

/** Requests that were sent in a dry run, although the circuit would have refused them. */
let spared = 0
breaker.on('rejected', ({ dryRun }) => {
  if (dryRun) spared += 1
})

serve(async (request, response) => {
  const { url = '' } = request
  const [, kind, subject] = url.split('/')
  if (kind === 'events') return reply(response, 200, events[subject].splice(0))
  if (!Object.hasOwn(instances, kind)) return reply(response, 404, {})
  const { status, headers, ...body } = await lookUp(kind, url, request)
  return reply(response, status, { ...body, transitions: unreported[kind].splice(0) }, headers)
})

/**
 * @param {string} kind
 * @param {string} url
 * @param {IncomingMessage} request
 * @returns {Promise<Reply>}
 */
async function lookUp(kind, url, request) {
  const headers = { 'x-request-id': request.headers['x-request-id'] }
  const before = spared
  try {
    const { data } = await instances[kind].get(url, { headers })
    return { status: 200, outcome: 'answered', data }
  } catch (error) {
    if (error instanceof OpenedStateError) return refusal(error)
    return failure(kind, error, spared > before)
  }
}

/**
 * Tells our caller at once when to come back.
 *
 * @param {OpenedStateError} error
 */
function refusal({ state, retryAfter, forced, message }) {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }
  return { status: 503, headers, outcome: 'refused', state, retryAfter, forced, message }
}

/**
 * @param {string} kind
 * @param {AxiosError} error
 * @param {boolean} wasSpared
 */
async function failure(kind, error, wasSpared) {
  const reason = error.code === 'ECONNABORTED' ? 'timeout' : (error.response?.status ?? error.code)
  // If the circuit is shared, the fleet's count arrives with the answer to our report.
  await breaker.flush()
  const failureCount = breaker.circuit(kind)?.failureCount
  return { status: 502, outcome: 'failed', reason, failureCount, wasSpared }
}
