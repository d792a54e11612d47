/** Measures what sharing costs and saves, with real processes, a real Redis and a real service. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { commands } from './commands.mjs'
import { frozen } from './frozen.mjs'
import { outage } from './outage.mjs'
import { probes } from './probes.mjs'
import { Processes } from './processes.mjs'
import { propagation } from './propagation.mjs'
import { randomErrors } from './random-errors.mjs'
import { Upstream } from './upstream.mjs'

/**
 * @import { Extent } from '../main.mjs'
 * @import { Deadlines } from './guards.mjs'
 *
 * @typedef {Extent['fleet']} FleetExtent
 *
 * @typedef {object} Scene
 * @property {Processes} fleet
 * @property {RedisServer} redis
 * @property {Upstream} upstream
 * @property {{ url: string, origin: string, deadlines: Deadlines }} settings of each process
 */

/** Seconds. Long, so that a busy machine is not mistaken for a Redis that is down. */
const PATIENCE = { permitDeadline: 5, commandDeadline: 5 }

/** @param {Extent} extent */
export async function fleet({ fleet: extent }) {
  const redis = await RedisServer.start()
  const upstream = await Upstream.start()
  const processes = await Processes.start(extent.processes)
  const settings = { url: redis.url, origin: upstream.origin, deadlines: PATIENCE }
  const scene = { fleet: processes, redis, upstream, settings }
  try {
    /** @type {string} */
    const info = await redis.command('INFO', 'server')
    const [, version] = /redis_version:(\S+)/.exec(info) ?? []
    const found = {
      redis: version,
      commands: await commands(scene, extent),
      randomErrors: await randomErrors(scene, extent),
      propagation: await propagation(scene, extent),
      probes: await probes(scene, extent),
      frozen: await frozen(scene, extent),
      outage: await outage(scene, extent),
    }
    await processes.stop()
    return found
  } finally {
    upstream.stop()
    await redis.stop()
  }
}
