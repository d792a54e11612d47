/**
 * Workers that share a queue, during an outage of the service that they need. Run `npm run build`, then
 * `node examples/worker/main.mjs`. The workers pause while the circuit is opened: no job is lost, and no
 * crowd of requests is refused.
 */
import axios from 'axios'
import axiosRetry from 'axios-retry'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { startService } from './service.mjs'

const JOBS = 20
const WORKERS = 4

const service = await startService({ outageAfter: 6, outage: 1.5 })
const parcels = axios.create({ baseURL: service.origin, timeout: 1000 })
const breaker = new CircuitBreaker({ threshold: 5, ttl: 0.5 })
const circuit = breaker.attach(parcels, 'parcels')

// Retry twice before putting a job back, since a single connection may break. Refusals are never retried.
axiosRetry(parcels, { retries: 2, retryDelay: (count) => count * 20, retryCondition: () => true })

const queue = Array.from({ length: JOBS }, (_, index) => ({ id: index + 1 }))
const counts = { failures: 0, refusals: 0 }
breaker.on('failed', () => (counts.failures += 1))
breaker.on('rejected', () => (counts.refusals += 1))
breaker.on('stateChanged', ({ from, to }) => console.log(`${from} → ${to}`))

// The signal ends the wait, and with it the worker. Jobs that are left stay in the queue.
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

await Promise.all(Array.from({ length: WORKERS }, work))
console.log(
  `${service.delivered.size} of ${JOBS} jobs are done, ${queue.length} are left: ` +
    `${counts.failures} failures, ${counts.refusals} refusals, ${service.requests} requests`,
)
service.close()

async function work() {
  for (let job = await next(); job; job = await next()) {
    try {
      await parcels.put(`/parcels/${job.id}`)
    } catch (error) {
      queue.push(job)
      // After a refusal, ready() says when to go on. Other errors are worth a line.
      if (!(error instanceof OpenedStateError)) console.log(`job ${job.id}: ${error.message}`)
    }
  }
}

/** Returns the next job once its request may be tried; undefined if none is left or the process stops. */
async function next() {
  try {
    await circuit.ready({ signal: stopping.signal })
  } catch {
    return undefined
  }
  return queue.shift()
}
