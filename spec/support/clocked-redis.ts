/**
 * A real Redis under a clock that the spec sets. The script reads the time from a key, and is otherwise the
 * same.
 */
import { createClient, type RedisClientType } from 'redis'
import type { RedisClient } from '../../lib/redis/index.js'
import { SCRIPT } from '../../lib/redis/script.js'
import { sha1 } from '../../lib/redis/wire.js'
import { RedisServer } from '../../scripts/redis-server.mjs'

const TIME = "redis.call('TIME')"
const CLOCK = 'clock'
const CLOCKED = SCRIPT.replace(TIME, `{ 0, redis.call('GET', '${CLOCK}') }`)
const SHA = sha1(SCRIPT)
const MICROSECONDS = 1e6

type Client = RedisClientType

export class ClockedRedis {
  readonly server: RedisServer
  readonly client: RedisClient
  readonly #own: Client

  private constructor(server: RedisServer, own: Client) {
    this.server = server
    this.#own = own
    this.client = {
      eval: (script, options) => own.eval(script === SCRIPT ? CLOCKED : script, options),
      evalSha: (sha, options) => own.evalSha(sha === SHA ? sha1(CLOCKED) : sha, options),
      on: (event, listener) => own.on(event, listener),
      off: (event, listener) => own.off(event, listener),
    }
    const rest = {
      isReady: { get: () => own.isReady },
      isOpen: { get: () => own.isOpen },
      options: { get: () => own.options },
      subscribe: { value: own.subscribe.bind(own) },
      duplicate: { value: own.duplicate.bind(own) },
    }
    Object.defineProperties(this.client, rest)
  }

  static async start(): Promise<ClockedRedis> {
    if (!SCRIPT.includes(TIME)) throw new Error('The script reads the time in another way now')
    const server = await RedisServer.start()
    const own = createClient({ url: server.url })
    own.on('error', () => undefined)
    await own.connect()
    return new ClockedRedis(server, own)
  }

  /** Sets the clock, in seconds. */
  async setClock(seconds: number): Promise<void> {
    await this.#own.set(CLOCK, String(Math.round(seconds * MICROSECONDS)))
  }

  async forget(): Promise<void> {
    const now = await this.#own.get(CLOCK)
    await this.#own.flushAll()
    await this.#own.set(CLOCK, String(now))
  }

  async stop(): Promise<void> {
    this.#own.destroy()
    await this.server.stop()
  }
}
