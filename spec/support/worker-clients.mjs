/** Clients that a worker passes to the storage, like an app that already has one. */
import { Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import { SCRIPT } from '../../dist/esm/redis/script.js'
import { sha1 } from '../../dist/esm/redis/wire.js'

/**
 * @import { RedisClientOptions } from 'redis'
 * @import { NodeRedisClient, RedisClient } from '../../lib/redis/client.js'
 * @import { WorkerClient } from './worker.js'
 */

const TIME = "redis.call('TIME')"
const STEPPED = `(function()
  local time = redis.call('TIME')
  return { time[1] + (redis.call('GET', 'clock') or 0), time[2] }
end)()`

/**
 * Makes and connects the client that the worker's settings ask for.
 *
 * @param {WorkerClient} wanted
 * @returns {Promise<RedisClient>}
 */
export async function bring(wanted) {
  if (wanted.kind === 'cluster') return connected(createCluster(wanted.options))
  if (wanted.kind === 'sentinel') return connected(createSentinel(wanted.options))
  if (wanted.kind === 'ioredis')
    return connected(new Redis({ ...wanted.options, lazyConnect: true }))
  const client = await connected(clientOf(wanted.options))
  return wanted.kind === 'clocked' ? clocked(client) : client
}

/** @param {RedisClientOptions} options */
const clientOf = (options) => createClient(options)

/**
 * @template {RedisClient & { connect(): Promise<unknown> }} Client
 * @param {Client} client
 */
async function connected(client) {
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/**
 * Runs the same script on the same Redis, but with a clock that is off by the seconds in a key.
 *
 * @param {ReturnType<typeof clientOf>} client
 */
function clocked(client) {
  if (SCRIPT.split(TIME).length !== 2)
    throw new Error('The script asks for the time in another way')
  const script = SCRIPT.replace(TIME, STEPPED)
  return {
    get isReady() {
      return client.isReady
    },
    options: client.options,
    /** @type {NodeRedisClient['eval']} */
    eval: (given, options) => client.eval(given === SCRIPT ? script : given, options),
    /** @type {NodeRedisClient['evalSha']} */
    evalSha: (sha, options) => client.evalSha(sha === sha1(SCRIPT) ? sha1(script) : sha, options),
    /** @type {NodeRedisClient['on']} */
    on: (event, listener) => client.on(event, listener),
    /** @type {NodeRedisClient['off']} */
    off: (event, listener) => client.off(event, listener),
    subscribe: client.subscribe.bind(client),
    duplicate: client.duplicate.bind(client),
  }
}
