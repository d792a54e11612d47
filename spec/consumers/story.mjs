/** Runs the quick start against a real server, as every consumer must be able to. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @param app the copies of axios and axios-breaker that the app has loaded
 * @returns what happened, in one line
 */
export async function tell(app) {
  const { axios, AxiosError, CircuitBreaker, ConfigError, OpenedStateError } = app
  const upstream = await startUpstream()
  const breaker = new CircuitBreaker({ threshold: 5, ttl: 30 })
  await breaker.init()
  const users = axios.create({ baseURL: upstream.origin, timeout: 5000 })
  const circuit = breaker.attach(users, 'users', { threshold: 2, ttl: 1 })
  const states = [circuit.state]
  breaker.on('stateChanged', ({ to }) => states.push(to))

  for (let count = 1; count <= 2; count += 1) {
    const failure = await errorOf(users.get('/naruto'))
    assert.equal(failure.response.status, 500)
    assert(failure instanceof AxiosError, "a failure is no instance of the app's own AxiosError")
    assert(!(failure instanceof OpenedStateError))
  }

  const refusal = await errorOf(users.get('/naruto'))
  assert(refusal instanceof OpenedStateError)
  assert(refusal instanceof AxiosError, "a refusal is no instance of the app's own AxiosError")
  assert.equal(refusal.circuit, 'users')
  assert.equal(refusal.state, 'opened')
  assert(refusal.retryAfter > 0 && refusal.retryAfter <= 1)
  assert.equal(upstream.hits, 2)

  const bypassed = await errorOf(users.get('/naruto', { circuitBreaker: false }))
  assert.equal(bypassed.response.status, 500)

  upstream.status = 200
  while (circuit.state === 'opened') await sleep(10)
  assert.deepEqual((await users.get('/naruto')).data, { name: 'naruto' })
  assert.throws(() => breaker.attach(users, ''), ConfigError)

  await breaker.close()
  upstream.close()
  return `${states.join(', ')}; ${upstream.hits} requests reached the server; ${await share(app)}`
}

/** Two breakers that share a circuit in memory, and the error of a project without the package redis. */
async function share({ axios, CircuitBreaker, MemoryStorage, NotInitializedError, ...app }) {
  const memory = new MemoryStorage()
  const storage = app.defineStorage({ connect: memory.connect })
  const down = () => axios.create({ adapter: () => Promise.reject(new Error('down')) })
  const [one, two] = [new CircuitBreaker({ storage }), new CircuitBreaker({ storage })]
  const users = down()
  one.attach(users, 'users', { threshold: 1 })
  const circuit = two.attach(down(), 'users', { threshold: 1 })
  assert((await errorOf(users.get('/'))) instanceof NotInitializedError)
  await Promise.all([one.init(), two.init()])
  await errorOf(users.get('/'))
  while (circuit.state === 'closed') await sleep(10)
  await Promise.all([one.close(), two.close()])
  const unlinked = new app.RedisStorage({ url: 'redis://127.0.0.1:1', initDeadline: 5 })
  const refusal = await errorOf(new CircuitBreaker({ storage: unlinked }).init())
  return `shared: ${circuit.state}; ${refusal.message.includes('npm install redis')}`
}

/** Answers every request with its `status`. */
async function startUpstream() {
  const upstream = { hits: 0, status: 500 }
  const server = createServer((request, response) => {
    upstream.hits += 1
    request.resume()
    response.writeHead(upstream.status, { 'content-type': 'application/json', connection: 'close' })
    response.end('{"name":"naruto"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => server.close()
  return Object.assign(upstream, { origin: `http://127.0.0.1:${server.address().port}`, close })
}

const errorOf = (request) =>
  request.then(
    () => assert.fail('The request was expected to fail'),
    (error) => error,
  )
