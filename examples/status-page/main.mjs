/**
 * Shows the status page of services that break and recover. Run npm run build first.
 * Usage: node examples/status-page/main.mjs [port]. The page listens on the port, 8080 by default.
 */
import { createServer } from 'node:http'
import axios from 'axios'
import { CircuitBreaker } from 'axios-breaker'
import { statusPage } from 'axios-breaker/status-page'
import { MemoryStorage } from 'axios-breaker/testing'
import { Service } from './service.mjs'

/** @import { CircuitOptions } from 'axios-breaker' */
/** @import { Script } from './service.mjs' */

/**
 * How many milliseconds each service answers, breaks, hangs or fails every other request, in turn.
 *
 * @type {Record<string, Script>}
 */
const SERVICES = {
  users: [
    [20_000, 'answers'],
    [9_000, 'breaks'],
  ],
  avatars: [
    [12_000, 'answers'],
    [5_000, 'hangs'],
    [8_000, 'breaks'],
  ],
  search: [
    [15_000, 'answers'],
    [12_000, 'falters'],
    [8_000, 'dawdles'],
  ],
  'payments (card)': [
    [3_000, 'answers'],
    [30_000, 'resets'],
  ],
}
/**
 * What differs from the rules of the other circuits.
 *
 * @type {Record<string, CircuitOptions>}
 */
const RULES = { search: { failureRate: 0.4, slowAfter: 0.3 } }
const REQUESTS_EVERY = 250
const STORAGE_UP = 25_000
const STORAGE_DOWN = 10_000

const port = Number(process.argv[2] ?? 8080)
// In production, use a RedisStorage. This one can simulate an outage without a Redis.
const storage = new MemoryStorage()
const breaker = new CircuitBreaker({ threshold: 3, ttl: 6, storage })
await breaker.init()

for (const [name, script] of Object.entries(SERVICES)) {
  const service = await Service.start(script)
  const instance = axios.create({ baseURL: service.origin, timeout: 400 })
  breaker.attach(instance, name, RULES[name])
  const request = () => void instance.get('/').catch(() => undefined)
  setInterval(request, REQUESTS_EVERY * (0.6 + Math.random()))
}

function breakStorage() {
  storage.goDown('connect ECONNREFUSED 127.0.0.1:6379')
  setTimeout(() => storage.comeBack(), STORAGE_DOWN)
}
setInterval(breakStorage, STORAGE_UP + STORAGE_DOWN)

const page = statusPage(breaker, {
  title: `Circuits of process ${process.pid}`,
  // Whoever uses this machine may force circuits. In production, ask the session of the request.
  actions: { authorize: () => ({ by: 'you' }) },
})
createServer(page).listen(port, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${port}/ shows the circuits, and forces them. Ctrl-C ends it.`)
})
