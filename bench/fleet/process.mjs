/** A process of a fleet. It runs the commands that the benchmark sends over IPC. */
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import { GUARDS, isRefusal } from './guards.mjs'

/**
 * @import { CircuitEvents, CircuitState, EventName } from 'axios-breaker'
 * @import { Guard, Settings } from './guards.mjs'
 *
 * @typedef {object} Event a transition or a counted result
 * @property {EventName} event
 * @property {number} at
 * @property {CircuitState} [to]
 * @property {CircuitEvents['stateChanged']['origin']} [by]
 *
 * @typedef {typeof commands} Commands
 */

const httpAgent = new Agent({ keepAlive: true })
/** Milliseconds of a clock that all processes share. */
const clock = () => Number(process.hrtime.bigint()) / 1e6

/** @type {Guard} */
let guard = {
  get: () => Promise.reject(new Error('There is no circuit yet')),
  end: () => undefined,
}
/** @type {Event[]} */
let events = []
/** @type {number[]} */
let latencies = []
/** Requests that ended unexpectedly: neither answered, nor refused, nor with a 500. */
let broken = 0
/** @type {{ isOn: boolean, callers: Promise<void>[] }} */
const load = { isOn: false, callers: [] }

/** @returns whether it was answered, refused, or failed */
async function request(path = '/') {
  const start = clock()
  try {
    await guard.get(path)
    return 'answered'
  } catch (error) {
    if (isRefusal(error)) return 'refused'
    if (!axios.isAxiosError(error) || error.response?.status !== 500) broken += 1
    return 'failed'
  } finally {
    latencies.push(clock() - start)
  }
}

/** @param {number} pause milliseconds */
async function call(pause) {
  while (load.isOn) {
    await request()
    await sleep(pause)
  }
}

const commands = {
  /**
   * Replaces the circuit by a new one.
   *
   * @param {string} variant
   * @param {Settings & { origin: string }} settings
   */
  async guardBy(variant, { origin, ...settings }) {
    await guard.end()
    guard = await GUARDS[variant](axios.create({ baseURL: origin, httpAgent }), settings)
    guard.on?.('failed', () => events.push({ event: 'failed', at: clock() }))
    guard.on?.('recovered', () => events.push({ event: 'recovered', at: clock() }))
    guard.on?.('stateChanged', ({ to, origin: by }) => {
      events.push({ event: 'stateChanged', at: clock(), to, by })
    })
    commands.reset()
  },
  end: () => guard.end(),
  /**
   * Sends one request after the other.
   *
   * @param {string[]} paths
   */
  async get(...paths) {
    for (const path of paths) await request(path)
    await guard.flush?.()
  },
  async getUntilRefused() {
    while ((await request()) !== 'refused');
  },
  /**
   * @param {number} count
   * @param {number} pause milliseconds
   */
  startCallers(count, pause) {
    load.isOn = true
    load.callers = Array.from({ length: count }, () => call(pause))
  },
  /** @returns the results since the last reset, once each caller has its last answer */
  async endCallers() {
    load.isOn = false
    await Promise.all(load.callers)
    return { latencies, broken }
  },
  events: () => events,
  reset() {
    events = []
    latencies = []
    broken = 0
  },
}

/** @param {{ command: keyof Commands, args: unknown[] }} message */
async function answer({ command, args }) {
  try {
    process.send?.({ result: await Reflect.apply(commands[command], commands, args) })
  } catch (error) {
    process.send?.({ error: String(error.stack) })
  }
}

process.on('message', (/** @type {any} */ message) => void answer(message))
process.on('disconnect', () => process.exit())
process.send?.({ result: 'ready' })
