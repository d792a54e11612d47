/** Client services and the user service on which they depend, with a record of every call. */
export class Arm {
  #calls = []
  #clients
  #users
  #pending = new Set()

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

  async #call(kind, id, behaviour, client) {
    const start = performance.now()
    const headers = { 'x-request-id': id }
    const response = await fetch(`${this.#clients[client].origin}/${kind}/naruto`, { headers })
    const result = await response.json()
    const call = { kind, id, behaviour, client, took: performance.now() - start, ...result }
    this.#calls.push(call)
    return call
  }

  /** Tells the user service what to do: `behave`, `hold` or `release`. */
  async order(command, argument) {
    await fetch(`${this.#users.origin}/control/${command}/${argument}`, { method: 'PUT' })
  }

  /** @returns for each client service, the events of a circuit since the last call */
  events(kind) {
    const ask = async ({ origin }) => (await fetch(`${origin}/events/${kind}`)).json()
    return Promise.all(this.#clients.map(ask))
  }

  /** Waits for the calls that have no answer yet. */
  async settled() {
    await Promise.all(this.#pending)
  }

  /** Returns every call that was made, and every request that reached the user service. */
  async results() {
    await this.settled()
    const response = await fetch(`${this.#users.origin}/control/reached`)
    return { calls: this.#calls, reached: await response.json() }
  }
}
