/** A process of the fleet: it sends requests, logs everything, and obeys a few commands. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import { CircuitBreaker, OpenedStateError } from '../../dist/esm/index.js'
import { RedisStorage } from '../../dist/esm/redis/index.js'
import { clock } from '../support/machine-clock.mjs'
import { watchStalls } from './stalls.mjs'

/**
 * @import { AxiosError, InternalAxiosRequestConfig } from 'axios'
 * @import { Ending, Log, WorkerRecord } from './types.js'
 *
 * @typedef {{ command: 'busy', seconds: number } | { command: 'end', closes: boolean }} Command
 */

const { slot, logFile, origin, url, rules, sharing, timeout, pause } = JSON.parse(process.argv[2])

const file = openSync(logFile, 'a')
/**
 * Written at once, so that the log of a killed process is complete.
 *
 * @type {Log<WorkerRecord>}
 */
const log = (record) => writeSync(file, `${JSON.stringify({ t: clock(), ...record })}\n`)

const breaker = new CircuitBreaker({ ...rules, storage: new RedisStorage({ url, ...sharing }) })
const client = axios.create({ baseURL: origin, timeout })
const circuit = breaker.attach(client, 'upstream')
/**
 * The request that a result belongs to, since the event does not name it.
 *
 * @type {AsyncLocalStorage<number>}
 */
const requests = new AsyncLocalStorage()
const http = axios.getAdapter('http')

breaker.on('attempted', ({ probe, outcome }) =>
  log({ k: 'attempt', id: requests.getStore(), probe, o: outcome }),
)
breaker.on('stateChanged', ({ from, to, origin: by }) => log({ k: 'move', from, to, by }))
breaker.on('storageLost', ({ reason }) => log({ k: 'lost', reason }))
breaker.on('storageRestored', ({ lostFor }) => log({ k: 'restored', lostFor }))
breaker.on('storageAnswered', () => log({ k: 'asked' }))

const look = watchStalls((stall) => log({ k: 'stall', ...stall }))
setInterval(() => log({ k: 'state', u: breaker.storageUp, s: circuit.state }), 250).unref()

let serial = 0
const ending = new AbortController()
const open = new Set()

/** @param {number} id */
async function request(id) {
  /** @param {InternalAxiosRequestConfig} config */
  const adapter = (config) => {
    look()
    log({ k: 'sent', id, u: breaker.storageUp, s: circuit.state })
    return http(config)
  }
  look()
  log({ k: 'start', id, u: breaker.storageUp })
  try {
    await client.get(`/${slot}`, { adapter })
    log({ k: 'end', id, o: 'ok' })
  } catch (error) {
    log({ k: 'end', id, ...judge(error) })
  }
}

/** The failures of the upstream, as axios reports them. */
const UPSTREAM_CODES =
  /^(?:ERR_BAD_RESPONSE|ECONNABORTED|ETIMEDOUT|ECONNREFUSED|ECONNRESET|EPIPE|ERR_NETWORK)$/

/**
 * @param {AxiosError} error
 * @returns {Ending}
 */
function judge(error) {
  if (error instanceof OpenedStateError) return { o: 'refused', s: error.state }
  const { code, response } = error
  if (response?.status === 500 || UPSTREAM_CODES.test(code ?? '')) return { o: 'failed', c: code }
  return { o: 'other', c: code ?? String(error.stack) }
}

async function sendAll() {
  while (!ending.signal.aborted) {
    serial += 1
    const id = serial
    const sending = requests.run(id, () => request(id)).finally(() => open.delete(sending))
    open.add(sending)
    await sleep(pause, undefined, { signal: ending.signal }).catch(() => undefined)
  }
}

/** @param {number} seconds */
function beBusy(seconds) {
  const end = clock() + seconds
  while (clock() < end);
}

/** @param {boolean} closes */
async function endAll(closes) {
  ending.abort()
  await Promise.allSettled(open)
  if (closes) await breaker.close()
  log({ k: 'ended', closes })
  // From here on, nothing of the spec keeps this process alive.
  if (process.connected) process.disconnect()
}

process.on('message', (/** @type {Command} */ message) => {
  if (message.command === 'busy') beBusy(message.seconds)
  else void endAll(message.closes)
})
process.on('disconnect', () => {
  if (!ending.signal.aborted) process.exit()
})
log({ k: 'born' })
try {
  await breaker.init()
} catch (error) {
  log({ k: 'uninitialized', reason: String(error.message) })
}
process.send?.({ ready: true })
void sendAll()
