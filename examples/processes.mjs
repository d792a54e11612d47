/** The processes that an example starts, and the promise that none is left behind. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export class Processes {
  #folder
  #children = []
  #servers = []
  #stopped = false
  #lose

  /** Rejects when a process ends that should not. */
  lost = new Promise((_, reject) => {
    this.#lose = reject
  })

  /** @param {string} folder the URL of a file next to the scripts */
  constructor(folder) {
    this.#folder = folder
  }

  start(script, ...args) {
    return this.startWith({}, script, ...args)
  }

  /** @param {Record<string, string>} variables for its environment */
  async startWith(variables, script, ...args) {
    const path = fileURLToPath(new URL(script, this.#folder))
    const env = { ...process.env, ...variables }
    const child = fork(path, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#children.push(child)
    child.once('exit', () => {
      if (!this.#stopped) this.#lose(new Error(`${script} (pid ${child.pid}) ended by itself`))
    })
    const [{ port }] = await Promise.race([once(child, 'message'), this.lost])
    return { pid: child.pid, origin: `http://127.0.0.1:${port}` }
  }

  /** @param server that is starting, and ends by its own `stop` */
  keep(server) {
    this.#servers.push(server)
    return server
  }

  /** They hold nothing that is worth a farewell. */
  async stop() {
    this.#stopped = true
    await Promise.all([...this.#children.map(end), ...this.#servers.map(stop)])
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** One that has not started leaves nothing behind. */
async function stop(starting) {
  const server = await starting.catch(() => undefined)
  await server?.stop()
}
