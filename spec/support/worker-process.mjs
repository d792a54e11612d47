/**
 * A process of a fleet. It runs commands that arrive over IPC, against the build, as a user's process would.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import { clock } from './machine-clock.mjs'
import { bring } from './worker-clients.mjs'

/**
 * @import { AxiosAdapter, AxiosError } from 'axios'
 * @import { CircuitBreaker as Breaker, ForcedState, ForceOptions } from '../../lib/index.js'
 * @import { WorkerOptions } from './worker.js'
 */

/** @type {WorkerOptions & { name: string }} */
const settings = JSON.parse(process.argv[2])
const { origin, name, options, storage, client: own, build = '../../dist/esm' } = settings
const { CircuitBreaker } = await import(`${build}/index.js`)
const { RedisStorage } = await import(`${build}/redis/index.js`)
const source = own ? { client: await bring(own) } : {}
/** @type {Breaker} */
const breaker = new CircuitBreaker({
  ...options,
  storage: new RedisStorage({ ...storage, ...source }),
})
const client = axios.create({ baseURL: origin, timeout: 10_000, validateStatus: (s) => s < 400 })
const circuit = breaker.attach(client, name)

/**
 * All published events, with their times.
 *
 * @type {object[]}
 */
const events = []
const EVENTS = /** @type {const} */ ([
  'stateChanged',
  'failed',
  'recovered',
  'storageLost',
  'storageRestored',
])
for (const event of EVENTS)
  breaker.on(event, (payload) => events.push({ event, at: clock(), ...payload }))

breaker.on('attempted', ({ probe, outcome, duration }) => {
  if (probe) events.push({ event: 'probe', at: clock(), outcome, duration })
})

const http = axios.getAdapter('http')

/**
 * Seconds that requests waited for a decision. Only a request that waits lets the event loop turn.
 *
 * @type {number[]}
 */
const waits = []

/**
 * @param {number} start
 * @returns a function to call as soon as the request is sent or refused
 */
function noteWait(start) {
  let hasWaited = false
  const immediate = setImmediate(() => (hasWaited = true))
  return () => {
    if (hasWaited) waits.push(clock() - start)
    hasWaited = false
    clearImmediate(immediate)
  }
}

const NOTHING = { sent: 0, ok: 0, failed: 0, refused: 0, cancelled: 0, other: 0, slowest: 0 }
const tally = { ...NOTHING }
/** @type {Set<AbortController>} */
const controllers = new Set()
const load = { callers: 0 }
/** @type {Set<Promise<void>>} */
const calls = new Set()
/** @type {string[]} */
let errors = []

async function request(path = '/', send = http) {
  const controller = new AbortController()
  controllers.add(controller)
  const start = clock()
  const decided = noteWait(start)
  /** @type {AxiosAdapter} */
  const adapter = (config) => {
    decided()
    return send(config)
  }
  tally.sent += 1
  try {
    await client.get(path, { signal: controller.signal, adapter })
    tally.ok += 1
    return 'ok'
  } catch (error) {
    return judge(error)
  } finally {
    decided()
    controllers.delete(controller)
    tally.slowest = Math.max(tally.slowest, clock() - start)
  }
}

/** @param {AxiosError} error */
function judge(error) {
  if (error.code === 'ERR_CIRCUIT_OPENED') tally.refused += 1
  else if (error.code === 'ERR_CANCELED') tally.cancelled += 1
  else if (error.response || error.code?.startsWith('E')) tally.failed += 1
  else {
    tally.other += 1
    errors.push(String(error.stack))
  }
  return error.code
}

/**
 * One caller. It sends the next request after the answer to the last, or after a pause if that was refused.
 *
 * @param {string} path
 * @param {number} pause milliseconds
 */
async function call(path, pause) {
  while (load.callers > 0) {
    const before = tally.refused
    await request(path)
    if (pause > 0 || tally.refused > before) await sleep(pause)
  }
}

const commands = {
  init: () => breaker.init(),
  flush: () => breaker.flush(),
  close: () => breaker.close(),
  /** Sends so many requests, so many at a time. @returns the result of each */
  async get(count = 1, atOnce = count, path = '/') {
    /** @type {(string | undefined)[]} */
    const ends = []
    for (let sent = 0; sent < count; sent += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, count - sent) }, () => request(path))
      ends.push(...(await Promise.all(batch)))
    }
    return ends
  },
  /**
   * Like `get`, without a network: an adapter answers at once.
   *
   * @param {number} count
   * @param {number} atOnce
   */
  async spin(count, atOnce) {
    /** @type {AxiosAdapter} */
    const adapter = async (config) => ({
      status: 200,
      statusText: '',
      data: '',
      headers: {},
      config,
    })
    for (let sent = 0; sent < count; sent += atOnce)
      await Promise.all(Array.from({ length: atOnce }, () => request('/', adapter)))
  },
  /**
   * Runs so many callers at once, until `idle`.
   *
   * @param {number} count
   */
  load(count, { path = '/', pause = 1 } = {}) {
    load.callers = count
    for (let index = 0; index < count; index += 1) {
      /** @type {Promise<void>} */
      const calling = call(path, pause).finally(() => calls.delete(calling))
      calls.add(calling)
    }
  },
  idle: () => {
    load.callers = 0
  },
  /** Like `idle`, and waits until the last caller has its answer. */
  async rest() {
    load.callers = 0
    await Promise.all(calls)
  },
  cancel: () => controllers.forEach((controller) => controller.abort()),
  /**
   * @param {ForcedState} state
   * @param {ForceOptions} [forceOptions]
   */
  force: (state, forceOptions) => circuit.force(state, forceOptions),
  unforce: () => circuit.unforce(),
  forced: () => circuit.forced ?? null,
  state: () => ({
    state: circuit.state,
    failureCount: circuit.failureCount,
    retryAfter: circuit.retryAfter,
    isUp: breaker.storageUp,
    lastFailure: circuit.lastFailure,
  }),
  tally: () => ({ ...tally, errors, waits }),
  reset: () => {
    Object.assign(tally, NOTHING)
    events.length = 0
    waits.length = 0
    errors = []
  },
  events: () => events,
  date: () => Date.now(),
  /**
   * Makes the circuit fail without a network.
   *
   * @param {number} count
   */
  async fail(count) {
    const error = new axios.AxiosError('The service is down', 'ECONNREFUSED')
    const adapter = () => Promise.reject(error)
    for (let sent = 0; sent < count; sent += 1) await client.get('/', { adapter }).catch(() => 0)
  },
  /** Bytes of the heap in use. Start Node with `--expose-gc`. */
  memory: () => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  },
  /**
   * The longest delay of the event loop while it was measured, in milliseconds.
   *
   * @param {number} seconds
   */
  lag: async (seconds) => {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await sleep(seconds * 1000)
    delay.disable()
    return delay.max / 1e6
  },
}

/** @param {{ id: number, command: keyof typeof commands, args: unknown[] }} message */
async function obey({ id, command, args }) {
  try {
    process.send?.({ id, result: await Reflect.apply(commands[command], commands, args) })
  } catch (error) {
    process.send?.({ id, error: String(error.message) })
  }
}

process.on('message', (/** @type {any} */ message) => void obey(message))
process.on('disconnect', () => process.exit())
process.send?.({ id: 0 })
