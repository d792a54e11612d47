/** Makes the parts of a hub: for a url, for a client of the package redis, and for one of ioredis. */
import {
  isIORedis,
  kindOf,
  type IORedisClient,
  type NodeRedisClient,
  type RedisClient,
} from './client.js'
import { BorrowedCommands, OwnCommands } from './commands.js'
import { Hub, type MakeParts } from './hub.js'
import { linesLike } from './ioredis.js'
import { lineLike, lineTo } from './node-redis.js'
import { BorrowedClient } from './borrowed-client.js'
import { SentinelMessages } from './sentinel-messages.js'
import { SentinelWatch } from './sentinel-watch.js'
import { sentinelsOf } from './sentinels.js'
import { DEFAULT_PINGS, pingOptionsFor, Subscription } from './subscription.js'

const ANOTHER_MASTER = 'The sentinels name another master: connecting to it'

const hubs = new WeakMap<RedisClient, Hub>()

/** Returns the hub that all breakers with this client share. */
export function hubOf(client: RedisClient): Hub {
  const hub = hubs.get(client) ?? new Hub(isIORedis(client) ? partsOfIORedis(client) : partsOfNodeRedis(client)) // prettier-ignore
  hubs.set(client, hub)
  return hub
}

export function hubTo(url: string): Hub {
  return new Hub((events) => ({
    commands: new OwnCommands(lineTo(url), events),
    messages: new Subscription(lineTo(url), DEFAULT_PINGS, events),
  }))
}

function partsOfIORedis(client: IORedisClient): MakeParts {
  const sentinels = sentinelsOf(client)
  return (events) => {
    const lines = linesLike(client, sentinels)
    const commands = new OwnCommands(lines.commands, events)
    const messages = new Subscription(lines.messages, DEFAULT_PINGS, events)
    const parts = { commands, messages, owner: new BorrowedClient(client, events) }
    if (!sentinels) return parts
    const move = (): void => {
      for (const part of [commands, messages]) part.replace(new Error(ANOTHER_MASTER))
    }
    return { ...parts, watch: new SentinelWatch(sentinels, move) }
  }
}

function partsOfNodeRedis(client: NodeRedisClient): MakeParts {
  return (events) => ({
    commands: new BorrowedCommands(client),
    messages:
      kindOf(client) === 'sentinel'
        ? new SentinelMessages(client, events)
        : new Subscription(lineLike(client), pingOptionsFor(client), events),
    owner: new BorrowedClient(client, events),
  })
}
