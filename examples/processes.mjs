/** Starts the processes of an example, and makes sure that none is left running. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** @import { ChildProcess } from 'node:child_process' */
/** @typedef {{ stop(): unknown }} Server */

export class Processes {
  #folder
  /** @type {ChildProcess[]} */
  #children = []
  /** @type {Promise<Server>[]} */
  #servers = []
  #stopped = false
  /** @type {(reason: Error) => void} */
  #lose = () => undefined

  /**
   * Rejects if a process ends on its own.
   *
   * @type {Promise<never>}
   */
  lost = new Promise((_, reject) => {
    this.#lose = reject
  })

  /** @param {string} folder the URL of a file beside the scripts */
  constructor(folder) {
    this.#folder = folder
  }

  /**
   * @param {string} script
   * @param {string[]} args
   */
  start(script, ...args) {
    return this.startWith({}, script, ...args)
  }

  /**
   * @param {Record<string, string>} variables added to its environment
   * @param {string} script
   * @param {string[]} args
   */
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

  /**
   * @template {Server} T
   * @param {Promise<T>} server
   */
  keep(server) {
    this.#servers.push(server)
    return server
  }

  /** Kills the processes: they have nothing to save. */
  async stop() {
    this.#stopped = true
    await Promise.all([...this.#children.map(end), ...this.#servers.map(stop)])
  }
}

/** @param {ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/**
 * A server that failed to start leaves nothing to stop.
 *
 * @param {Promise<Server>} starting
 */
async function stop(starting) {
  const server = await starting.catch(() => undefined)
  await server?.stop()
}
