/**
 * A real Redis under a clock that the spec sets. The scripts read the time from a key, and are otherwise the
 * same.
 */
import { createClient, type RedisClientType } from 'redis'
import type { RedisClient } from '../../lib/redis/index.js'
import { FORCES_SCRIPT } from '../../lib/redis/lua/forces.js'
import { SCRIPT } from '../../lib/redis/script.js'
import { sha1 } from '../../lib/redis/wire.js'
import { RedisServer } from '../../scripts/redis-server.mjs'

const TIME = "redis.call('TIME')"
const CLOCK = 'clock'
const SCRIPTS = [SCRIPT, FORCES_SCRIPT]
const CLOCKED = new Map(
  SCRIPTS.map((script) => [script, script.replace(TIME, `{ 0, redis.call('GET', '${CLOCK}') }`)]),
)
const CLOCKED_SHAS = new Map(
  Array.from(CLOCKED, ([script, clocked]) => [sha1(script), sha1(clocked)]),
)
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
      eval: (script, options) => own.eval(CLOCKED.get(script) ?? script, options),
      evalSha: (sha, options) => own.evalSha(CLOCKED_SHAS.get(sha) ?? sha, options),
      on: (event, listener) => own.on(event, listener),
      off: (event, listener) => own.off(event, listener),
    }
    const rest = {
      isReady: { get: () => own.isReady },
      isOpen: { get: () => own.isOpen },
      options: { get: () => own.options },
      sendCommand: { value: own.sendCommand.bind(own) },
      subscribe: { value: own.subscribe.bind(own) },
      duplicate: { value: own.duplicate.bind(own) },
    }
    Object.defineProperties(this.client, rest)
  }

  static async start(): Promise<ClockedRedis> {
    const isClocked = SCRIPTS.every((script) => script.includes(TIME))
    if (!isClocked) throw new Error('A script reads the time in another way now')
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
