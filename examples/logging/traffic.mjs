/** Traffic to log: a service that breaks, and requests full of secrets that no log may show. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'

const TTL = 0.2

/** All secrets contain the same word, so that you can search the log for it. */
const SECRETS = {
  auth: { username: 'secret-user', password: 'secret-password' },
  params: { token: 'secret-param' },
  headers: { 'x-api-key': 'secret-header', cookie: 'session=secret-cookie' },
}
const BODY = { card: 'secret-body' }

/**
 * Moves a circuit through all of its states, and has somebody force it.
 *
 * @param {import('axios-breaker').CircuitBreaker} breaker
 */
export async function makeTraffic(breaker) {
  const service = await startService()
  const users = axios.create({ baseURL: service.origin, timeout: 5000, ...SECRETS })
  const circuit = breaker.attach(users, 'users', { threshold: 2, ttl: TTL })
  const post = () => users.post('/naruto/secret-path', BODY).catch(() => undefined)

  await post()
  service.status = 503
  for (let failure = 0; failure < 2; failure += 1) await post()
  await post()
  service.status = 200
  while (circuit.state === 'opened') await sleep(10)
  await post()
  await circuit.force('opened', { for: 60, by: 'ann', reason: 'maintenance' })
  await post()
  await circuit.unforce()
  circuit.detach()
  service.stop()
}

/** Checks that each request carries its secrets, and answers with the current `status`. */
async function startService() {
  const service = { status: 200 }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      checkSecrets(JSON.stringify([request.url, request.headers, body]))
      const headers = { 'set-cookie': 'session=secret-answer', connection: 'close' }
      response.writeHead(service.status, headers)
      return response.end('{"name":"secret-answer"}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const origin = `http://127.0.0.1:${port}`
  return Object.assign(service, { origin, stop: () => server.close() })
}

/** @param {string} seen */
function checkSecrets(seen) {
  for (const place of ['path', 'param', 'header', 'cookie', 'body']) {
    assert(seen.includes(`secret-${place}`), `The ${place} came without its secret`)
  }
}
