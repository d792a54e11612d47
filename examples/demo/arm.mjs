/** One client service with the user service it depends on, and a record of every call made to it. */
export class Arm {
  #calls = []
  #client
  #users
  #pending = new Set()

  constructor(client, users) {
    this.#client = client
    this.#users = users
  }

  static async start(processes, ...flags) {
    const users = await processes.start('user-service.mjs')
    const client = await processes.start('client-service.mjs', users.origin, ...flags)
    const arm = new Arm(client, users)
    // First requests load code and connect: callers should be seen waiting for something else.
    await Promise.all([fetch(client.origin), arm.results()])
    return arm
  }

  get pids() {
    return { client: this.#client.pid, users: this.#users.pid }
  }

  /** @returns what the caller got, and how long the caller waited for it in milliseconds */
  call(kind, id, behaviour) {
    const call = this.#call(kind, id, behaviour)
    this.#pending.add(call)
    const settled = () => this.#pending.delete(call)
    call.then(settled, settled)
    return call
  }

  async #call(kind, id, behaviour) {
    const start = performance.now()
    const headers = { 'x-request-id': id }
    const response = await fetch(`${this.#client.origin}/${kind}/naruto`, { headers })
    const result = await response.json()
    const call = { kind, id, behaviour, took: performance.now() - start, ...result }
    this.#calls.push(call)
    return call
  }

  /** Tells the user service what to do: `behave`, `hold` or `release`. */
  async order(command, argument) {
    await fetch(`${this.#users.origin}/control/${command}/${argument}`, { method: 'PUT' })
  }

  /** Waits for the calls that have no answer yet. */
  async settled() {
    await Promise.all(this.#pending)
  }

  /** Every call that was made, and every request that reached the user service. */
  async results() {
    await this.settled()
    const response = await fetch(`${this.#users.origin}/control/reached`)
    return { calls: this.#calls, reached: await response.json() }
  }
}
