/** A real Redis on the loopback, without persistence, that a spec can freeze and kill. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { createCertificates } from './certificates.mjs'
import { LastWill } from './last-will.mjs'
import { HOST, freePort } from './ports.mjs'
import { RedisProcess } from './redis-process.mjs'
import { until } from './until.mjs'

/** Nothing is written to disk, and a replica gets its data without waiting for further replicas. */
const CONFIG = [`bind ${HOST}`, 'save ""', 'appendonly no', 'repl-diskless-sync-delay 0']

const TLS_CONFIG = [
  'tls-cert-file server.crt',
  'tls-key-file server.key',
  'tls-ca-cert-file ca.crt',
  'tls-auth-clients no',
]

/**
 * @typedef {object} RedisOptions
 * @property {number} [port] default: a free one
 * @property {readonly string[]} [config] further lines of redis.conf
 * @property {boolean} [tls] with TLS only, under a private authority
 * @property {readonly string[]} [args] further arguments of redis-server
 */

export class RedisServer {
  #port
  #folder
  #args
  #ca
  #will
  /** @type {RedisProcess | undefined} */
  #process
  #isFrozen = false

  /**
   * @param {number} port
   * @param {string} folder
   * @param {{ ca: string | undefined, args: readonly string[] }} options
   */
  constructor(port, folder, { ca, args }) {
    this.#port = port
    this.#folder = folder
    this.#ca = ca
    this.#args = args
    this.#will = new LastWill(folder)
  }

  /** @param {RedisOptions} [options] */
  static async start({ port, config = [], tls = false, args = [] } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'axios-breaker-redis-'))
    const number = port ?? (await freePort())
    const ca = tls ? await writeCertificates(folder) : undefined
    const ports = tls ? ['port 0', `tls-port ${number}`, ...TLS_CONFIG] : [`port ${number}`]
    await writeFile(join(folder, 'redis.conf'), [...ports, ...CONFIG, ...config, ''].join('\n'))
    const server = new RedisServer(number, folder, { ca, args })
    return startOrStop(server, () => server.restart())
  }

  get port() {
    return this.#port
  }

  get url() {
    return `${this.#ca ? 'rediss' : 'redis'}://${HOST}:${this.#port}`
  }

  /** The certificate of the private authority, which clients must be configured to trust. */
  get ca() {
    return this.#ca
  }

  get pid() {
    return this.#process?.pid
  }

  /** Also true while it is frozen. */
  get isRunning() {
    return this.#process?.isRunning ?? false
  }

  get isAnswering() {
    return this.isRunning && !this.#isFrozen
  }

  /** Freezes the server: it keeps connections and accepts new ones, but answers nothing. */
  freeze() {
    this.#isFrozen = true
    this.#process?.signal('SIGSTOP')
  }

  thaw() {
    this.#isFrozen = false
    this.#process?.signal('SIGCONT')
  }

  /** Kills the server as a power failure would, even while it is frozen. */
  async kill() {
    await this.#process?.kill()
    this.#will.end(undefined)
  }

  /** Starts again on the same port, without data, after a kill if it still runs. */
  async restart() {
    await this.kill()
    this.#isFrozen = false
    // A replica receives its data as a file, and would read that at the next start.
    await rm(join(this.#folder, 'dump.rdb'), { force: true })
    await until(`port ${this.#port} is free`, () => {
      this.#process = new RedisProcess(this.#folder, this.#args)
      this.#will.end(this.pid)
      return this.#process.ready()
    })
  }

  async stop() {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
    this.#will.revoke()
  }

  /**
   * Runs a command over a new connection, which sends nothing else.
   *
   * @template [Reply=unknown]
   * @param {(string | number)[]} args
   * @returns {Promise<Reply>}
   */
  async command(...args) {
    const tls = this.#ca === undefined ? {} : { tls: /** @type {const} */ (true), ca: this.#ca }
    const socket = {
      host: HOST,
      port: this.#port,
      reconnectStrategy: /** @type {const} */ (false),
      ...tls,
    }
    const client = createClient({ RESP: 2, disableClientInfo: true, socket })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return /** @type {Reply} */ (await client.sendCommand(args.map(String)))
    } finally {
      if (client.isOpen) await client.disconnect()
    }
  }

  /**
   * Counts the calls of each command since the start, or since CONFIG RESETSTAT.
   *
   * @returns {Promise<Record<string, number>>}
   */
  async commandCounts() {
    /** @type {string} */
    const info = await this.command('INFO', 'commandstats')
    const counts = info.matchAll(/^cmdstat_(.+?):calls=(\d+)/gm)
    return Object.fromEntries(Array.from(counts, ([, name, calls]) => [name, Number(calls)]))
  }
}

/**
 * Stops what was started if the start fails halfway.
 *
 * @template {{ stop(): Promise<void> }} T
 * @param {T} started
 * @param {() => Promise<unknown>} start
 */
export async function startOrStop(started, start) {
  try {
    await start()
    return started
  } catch (error) {
    await started.stop()
    throw error
  }
}

/** @param {string} folder */
async function writeCertificates(folder) {
  const { ca, cert, key } = await createCertificates()
  await writeFile(join(folder, 'ca.crt'), ca)
  await writeFile(join(folder, 'server.crt'), cert)
  await writeFile(join(folder, 'server.key'), key, { mode: 0o600 })
  return ca
}
