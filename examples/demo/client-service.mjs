/**
 * A service that cannot do without the user service: the code you would write yourself.
 * Usage: client-service.mjs <origin of the user service> [--without-breaker] [--redis <url>]
 */
import { parseArgs } from 'node:util'
import { reply, serve } from './child.mjs'
import axios from 'axios'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { RedisStorage } from 'axios-breaker/redis'
import { CIRCUITS, TIMEOUT } from './settings.mjs'

const {
  values: flags,
  positionals: [baseURL],
} = parseArgs({
  allowPositionals: true,
  options: { 'without-breaker': { type: 'boolean' }, redis: { type: 'string' } },
})

const instances = {
  users: axios.create({ baseURL, timeout: TIMEOUT }),
  avatars: axios.create({ baseURL, timeout: TIMEOUT }),
}

// A machine that is busy with a dozen processes is no Redis that is down: be patient.
const patience = { permitDeadline: 1, commandDeadline: 2, initDeadline: 20 }
const storage = flags.redis && new RedisStorage({ url: flags.redis, ...patience })
const breaker = new CircuitBreaker({ storage })
if (!flags['without-breaker']) {
  breaker.attach(instances.users, 'users', CIRCUITS.users)
  breaker.attach(instances.avatars, 'avatars', CIRCUITS.avatars)
}
await breaker.init()

/** Transitions that no answer has told the driver of yet. */
const untold = { users: [], avatars: [] }
breaker.on('stateChanged', ({ circuit, from, to }) => untold[circuit].push({ from, to }))

/** For the story of a fleet: everything, by a clock that all processes share, in milliseconds. */
const told = { users: [], avatars: [] }
for (const event of ['failed', 'recovered', 'stateChanged']) {
  const at = () => Number(process.hrtime.bigint()) / 1e6
  breaker.on(event, ({ circuit, ...what }) => told[circuit].push({ event, at: at(), ...what }))
}

serve(async (request, response) => {
  const [, kind, subject] = request.url.split('/')
  if (kind === 'told') return reply(response, 200, told[subject].splice(0))
  if (!Object.hasOwn(instances, kind)) return reply(response, 404, {})
  const { status, headers, ...body } = await lookUp(kind, request)
  return reply(response, status, { ...body, transitions: untold[kind].splice(0) }, headers)
})

async function lookUp(kind, request) {
  const headers = { 'x-request-id': request.headers['x-request-id'] }
  try {
    const { data } = await instances[kind].get(request.url, { headers })
    return { status: 200, outcome: 'answered', data }
  } catch (error) {
    return error instanceof OpenedStateError ? refusal(error) : await failure(kind, error)
  }
}

/** Our caller learns at once that there is no use in waiting, and when to come back. */
function refusal({ state, retryAfter }) {
  const headers = { 'retry-after': Math.ceil(retryAfter) }
  return { status: 503, headers, outcome: 'refused', state, retryAfter }
}

async function failure(kind, error) {
  const reason = error.code === 'ECONNABORTED' ? 'timeout' : (error.response?.status ?? error.code)
  // Where the circuit is shared, the fleet's count comes with the answer to our report.
  await breaker.flush()
  const failureCount = breaker.circuit(kind)?.failureCount
  return { status: 502, outcome: 'failed', reason, failureCount }
}
