/**
 * A service that cannot do without the user service: the code you would write yourself.
 * Usage: client-service.mjs <origin of the user service> [--without-breaker]
 */
import { reply, serve } from './child.mjs'
import axios from 'axios'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { CIRCUITS, TIMEOUT } from './settings.mjs'

const [, , baseURL, flag] = process.argv

const instances = {
  users: axios.create({ baseURL, timeout: TIMEOUT }),
  avatars: axios.create({ baseURL, timeout: TIMEOUT }),
}

const breaker = new CircuitBreaker()
if (flag !== '--without-breaker') {
  breaker.attach(instances.users, 'users', CIRCUITS.users)
  breaker.attach(instances.avatars, 'avatars', CIRCUITS.avatars)
}
await breaker.init()

/** Transitions that no answer has told the driver of yet. */
const untold = { users: [], avatars: [] }
breaker.on('stateChanged', ({ circuit, from, to }) => untold[circuit].push({ from, to }))

serve(async (request, response) => {
  const kind = request.url.split('/')[1]
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
    return error instanceof OpenedStateError ? refusal(error) : failure(kind, error)
  }
}

/** Our caller learns at once that there is no use in waiting, and when to come back. */
function refusal({ state, retryAfter }) {
  const headers = { 'retry-after': Math.ceil(retryAfter) }
  return { status: 503, headers, outcome: 'refused', state, retryAfter }
}

function failure(kind, error) {
  const reason = error.code === 'ECONNABORTED' ? 'timeout' : (error.response?.status ?? error.code)
  const failureCount = breaker.circuit(kind)?.failureCount
  return { status: 502, outcome: 'failed', reason, failureCount }
}
