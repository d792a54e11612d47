/** The sentinels that the options of a `Redis` of ioredis name. They know which server is the master. */
import { property } from '../internal/property.js'
import { methodOf, type IORedisClient } from './client.js'

const DEFAULT_PORT = 26379
/** Without a limit, a sentinel that is frozen would keep ioredis from asking the next one. */
const SENTINEL_TIMEOUT_MS = 1000

export class Sentinels {
  readonly #client: IORedisClient
  readonly #options: unknown
  /** In the order in which they are asked. */
  #inTurn: readonly unknown[]

  /** @param list as the client's options have it */
  constructor(client: IORedisClient, list: readonly unknown[]) {
    this.#client = client
    this.#options = property(client, 'options')
    this.#inTurn = list
  }

  /** The name of the master. */
  get name(): unknown {
    return property(this.#options, 'name')
  }

  /** Options of a client that asks the sentinels where the master is. */
  get options(): object {
    const timeout = property(this.#options, 'sentinelCommandTimeout') ?? SENTINEL_TIMEOUT_MS
    return { sentinels: this.#inTurn, sentinelCommandTimeout: timeout }
  }

  /** Takes the sentinel whose turn it is, which is the last to be asked again unless it is preferred. */
  next(): unknown {
    const [first, ...others] = this.#inTurn
    this.#inTurn = [...others, first]
    return first
  }

  /** From now on, all ask this one first, so that they follow what it says. */
  prefer(sentinel: unknown): void {
    this.#inTurn = [sentinel, ...this.#inTurn.filter((other) => other !== sentinel)]
  }

  /** Makes a client of one sentinel, which is not connected yet. @param overrides further options */
  clientOf(sentinel: unknown, overrides: object): unknown {
    const option = (name: string): unknown => property(this.#options, name)
    return methodOf(
      this.#client,
      'duplicate',
    )?.({
      ...overrides,
      sentinels: null,
      host: property(sentinel, 'host'),
      port: property(sentinel, 'port') ?? DEFAULT_PORT,
      family: property(sentinel, 'family') ?? option('family'),
      path: null,
      username: option('sentinelUsername') ?? null,
      password: option('sentinelPassword') ?? null,
      tls: option('sentinelTLS'),
      db: 0,
      connectionName: null,
    })
  }
}

export function sentinelsOf(client: IORedisClient): Sentinels | undefined {
  const options = property(client, 'options')
  const list = property(options, 'sentinels')
  // A connector of the owner's comes before the sentinels.
  if (!Array.isArray(list) || property(options, 'Connector')) return undefined
  return new Sentinels(client, list)
}
