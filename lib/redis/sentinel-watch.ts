/**
 * Listens to a sentinel, over a connection of our own, to learn when another server becomes the master. In a
 * planned failover the old master keeps its connections, and may take writes for ten seconds more. ioredis can
 * listen itself, but its connections would keep the process alive, and print each error.
 */
import { ignore, methodOf } from './client.js'
import { IORedisLine } from './ioredis-line.js'
import { OVERRIDES } from './ioredis.js'
import type { LineEvents, MakeLine } from './line.js'
import type { Sentinels } from './sentinels.js'
import { DEFAULT_PINGS, Subscription } from './subscription.js'

/**
 * What a sentinel publishes once it names another master. The one that leads the failover names it earlier
 * than it publishes `+switch-master`: before all replicas follow.
 */
const NEWS: Record<string, RegExp> = {
  '+switch-master': /^(?<name>\S+) \S+ \S+ (?<master>\S+ \d+)$/,
  '+promoted-slave': /^slave \S+ (?<master>\S+ \d+) @ (?<name>\S+) /,
}

type Learn = (master: string) => void

export class SentinelWatch {
  readonly #subscription: Subscription
  readonly #onMove: () => void
  /** The master's address, as the sentinels name it. */
  #master: string | undefined

  /** @param onMove called when another server has become the master */
  constructor(sentinels: Sentinels, onMove: () => void) {
    this.#onMove = onMove
    const learn: Learn = (master) => this.#learn(master)
    this.#subscription = new Subscription(lineTo(sentinels, learn), DEFAULT_PINGS, {
      received: (channel, text) => {
        const { name, master } = NEWS[channel]?.exec(String(text))?.groups ?? {}
        if (master !== undefined && name === sentinels.name) learn(master)
      },
      // Without a sentinel, the connections to the master may work all the same.
      subscribed: ignore,
      refused: ignore,
      trouble: ignore,
    })
    for (const channel of Object.keys(NEWS)) this.#subscription.add(channel)
  }

  open(): void {
    this.#subscription.open()
  }

  close(): void {
    this.#subscription.close()
    this.#master = undefined
  }

  #learn(master: string): void {
    const old = this.#master
    this.#master = master
    if (old !== undefined && old !== master) this.#onMove()
  }
}

/** Goes to the next sentinel whenever one cannot be used. */
function lineTo(sentinels: Sentinels, learn: Learn): MakeLine {
  return async (events) => {
    const sentinel = sentinels.next()
    const client = sentinels.clientOf(sentinel, OVERRIDES)
    return new SentinelLine(client, events, async () => {
      const master = await masterOf(client, sentinels.name)
      sentinels.prefer(sentinel)
      learn(master)
    })
  }
}

async function masterOf(client: unknown, name: unknown): Promise<string> {
  const address = await methodOf(client, 'sentinel')?.('get-master-addr-by-name', name)
  if (!Array.isArray(address)) throw new Error('The sentinel does not know this master')
  return address.join(' ')
}

/** A sentinel knows no scripts, so it is greeted in another way. */
class SentinelLine extends IORedisLine {
  readonly #greet: () => Promise<void>

  constructor(client: unknown, events: LineEvents, greet: () => Promise<void>) {
    super(client, events)
    this.#greet = greet
  }

  override greet(): Promise<void> {
    return this.#greet()
  }
}
