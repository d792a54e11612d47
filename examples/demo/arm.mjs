/**
 * @import { CircuitEvents, CircuitState, Forced } from 'axios-breaker'
 * @import { Kind } from './settings.mjs'
 *
 * @typedef {{ pid: number | undefined, origin: string }} Service
 *
 * @typedef {Pick<CircuitEvents['stateChanged'], 'from' | 'to' | 'cause' | 'failureRate'>} Transition
 *
 * @typedef {{ outcome: 'answered' }} Answered
 * @typedef {{ outcome: 'refused', state: CircuitState, retryAfter: number, forced?: Forced, message: string }} Refused
 * @typedef {{ outcome: 'failed', reason: string | number, failureCount: number, wasSpared: boolean }} Failed
 *
 * @typedef {object} Made what the caller knows of a call
 * @property {Kind} kind
 * @property {string} id
 * @property {string} behaviour of the user service at that moment
 * @property {number} client the index of the client service
 * @property {number} took milliseconds
 * @property {readonly Transition[]} transitions that no earlier answer has reported
 *
 * @typedef {(Answered | Refused | Failed) & Made} Call
 *
 * @typedef {{ id: string, kind: Kind, behaviour: string }} Reached a request that reached the user service
 * @typedef {{ calls: readonly Call[], reached: readonly Reached[] }} Results
 *
 * @typedef {{ event: 'failed' | 'recovered', at: number }} Counted
 * @typedef {{ event: 'stateChanged', at: number } & CircuitEvents['stateChanged']} Moved
 * @typedef {{ event: 'forced', at: number } & CircuitEvents['forced']} Ordered
 * @typedef {Counted | Moved | Ordered} CircuitEvent
 */

/** Client services and the user service on which they depend, with a record of every call. */
export class Arm {
  /** @type {Call[]} */
  #calls = []
  #clients
  #users
  /** @type {Set<Promise<Call>>} */
  #pending = new Set()

  /**
   * @param {readonly Service[]} clients
   * @param {Service} users
   */
  constructor(clients, users) {
    this.#clients = clients
    this.#users = users
  }

  /**
   * @param {import('../processes.mjs').Processes} processes
   * @param {{ clients?: number, flags?: string[] }} [options]
   */
  static async start(processes, { clients: count = 1, flags = [] } = {}) {
    const users = await processes.start('user-service.mjs')
    const start = () => processes.start('client-service.mjs', users.origin, ...flags)
    const clients = await Promise.all(Array.from({ length: count }, start))
    const arm = new Arm(clients, users)
    // The first request loads code and connects. The figures should not show that.
    await Promise.all([...clients.map(({ origin }) => fetch(origin)), arm.results()])
    return arm
  }

  get pids() {
    return { clients: this.#clients.map(({ pid }) => pid), users: this.#users.pid }
  }

  /**
   * @param {Kind} kind
   * @param {string} id
   * @param {string} behaviour
   * @param {number} [client] the index of the client service to call
   * @returns what the caller got, and how many milliseconds the caller waited for it
   */
  call(kind, id, behaviour, client = 0) {
    const call = this.#call(kind, id, behaviour, client)
    this.#pending.add(call)
    const settled = () => this.#pending.delete(call)
    call.then(settled, settled)
    return call
  }

  /**
   * @param {Kind} kind
   * @param {string} id
   * @param {string} behaviour
   * @param {number} client
   * @returns {Promise<Call>}
   */
  async #call(kind, id, behaviour, client) {
    const start = performance.now()
    const headers = { 'x-request-id': id }
    const response = await fetch(`${this.#clients[client].origin}/${kind}/naruto`, { headers })
    const result = await response.json()
    const call = { kind, id, behaviour, client, took: performance.now() - start, ...result }
    this.#calls.push(call)
    return call
  }

  /**
   * Tells the user service what to do.
   *
   * @param {'behave' | 'hold' | 'release'} command
   * @param {string} argument
   */
  async order(command, argument) {
    await fetch(`${this.#users.origin}/control/${command}/${argument}`, { method: 'PUT' })
  }

  /**
   * @param {Kind} kind
   * @returns {Promise<CircuitEvent[][]>} for each client service, the events of a circuit since the last call
   */
  events(kind) {
    /** @param {Service} client */
    const ask = async ({ origin }) => (await fetch(`${origin}/events/${kind}`)).json()
    return Promise.all(this.#clients.map(ask))
  }

  /** Waits for the calls that have no answer yet. */
  async settled() {
    await Promise.all(this.#pending)
  }

  /**
   * Returns every call that was made, and every request that reached the user service.
   *
   * @returns {Promise<Results>}
   */
  async results() {
    await this.settled()
    const response = await fetch(`${this.#users.origin}/control/reached`)
    return { calls: this.#calls, reached: await response.json() }
  }
}
