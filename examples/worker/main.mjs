/**
 * Workers over a queue, and an outage of the service that they need: `node examples/worker/main.mjs`, after
 * `npm run build`. They pause while the circuit is opened, and no job is lost, nor a crowd refused.
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

// One lost connection is no reason to put a job back. A refusal is never retried.
axiosRetry(parcels, { retries: 2, retryDelay: (count) => count * 20, retryCondition: () => true })

const queue = Array.from({ length: JOBS }, (_, index) => ({ id: index + 1 }))
const told = { failures: 0, refusals: 0 }
breaker.on('failed', () => (told.failures += 1))
breaker.on('rejected', () => (told.refusals += 1))
breaker.on('stateChanged', ({ from, to }) => console.log(`${from} → ${to}`))

// A signal ends the waiting, and with it the worker: the jobs that are left stay in the queue.
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

await Promise.all(Array.from({ length: WORKERS }, work))
console.log(
  `${service.delivered.size} of ${JOBS} jobs are done, ${queue.length} are left: ` +
    `${told.failures} failures, ${told.refusals} refusals, ${service.requests} requests`,
)
service.close()

async function work() {
  for (let job = await next(); job; job = await next()) {
    try {
      await parcels.put(`/parcels/${job.id}`)
    } catch (error) {
      queue.push(job)
      // The circuit says when to go on. What else went wrong is worth a line.
      if (!(error instanceof OpenedStateError)) console.log(`job ${job.id}: ${error.message}`)
    }
  }
}

/** The next job, as soon as its request may be tried; nothing when all are done or the process stops. */
async function next() {
  try {
    await circuit.ready({ signal: stopping.signal })
  } catch {
    return undefined
  }
  return queue.shift()
}
