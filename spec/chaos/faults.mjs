/** How each fault is caused and undone. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds. */
const PATIENCE = 700
const AGAIN = 100

/**
 * @import { RedisServer } from '../../scripts/redis-server.mjs'
 * @import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
 * @import { DriverRecord, Log, PlannedFault } from './types.js'
 * @import { ChaosUpstream } from './upstream.mjs'
 * @import { Slot } from './worker.mjs'
 *
 * @typedef {object} Scene
 * @property {RedisServer} redis
 * @property {Map<string, Slot>} slots
 * @property {ChaosUpstream} upstream
 */

/**
 * Resolves with false if Redis does not accept the command now.
 *
 * @param {RedisServer} redis
 * @param {string[]} command
 */
async function tell(redis, ...command) {
  if (!redis.isAnswering) return false
  const asked = redis.command(...command).then(
    () => true,
    () => false,
  )
  return Promise.race([asked, sleep(PATIENCE, false, { ref: false })])
}

/**
 * Tries to undo a fault until that works: Redis itself may be frozen or down.
 *
 * @param {RedisServer} redis
 * @param {string[]} command
 */
async function insist(redis, ...command) {
  while (!(await tell(redis, ...command))) await sleep(AGAIN)
}

/**
 * The faults of what all processes use. Each returns a function that undoes it, unless it is over at once.
 *
 * @type {Readonly<Record<string, (scene: Scene, fault: PlannedFault) => unknown>>}
 */
const OF_ALL = {
  'redis-stop': ({ redis }) => {
    redis.freeze()
    return () => redis.thaw()
  },
  'redis-restart': async ({ redis }) => {
    await redis.kill()
    return () => redis.restart()
  },
  'redis-flush': ({ redis }) => tell(redis, 'FLUSHALL'),
  'redis-script-flush': ({ redis }) => tell(redis, 'SCRIPT', 'FLUSH'),
  'redis-kill-clients': ({ redis }) => tell(redis, 'CLIENT', 'KILL', 'TYPE', 'normal'),
  'redis-kill-subscribers': ({ redis }) => tell(redis, 'CLIENT', 'KILL', 'TYPE', 'pubsub'),
  'redis-read-only': async ({ redis }) => {
    // No server listens there.
    await tell(redis, 'REPLICAOF', '127.0.0.1', '1')
    return () => insist(redis, 'REPLICAOF', 'NO', 'ONE')
  },
  'redis-full': async ({ redis }) => {
    await tell(redis, 'CONFIG', 'SET', 'maxmemory', '1')
    return () => insist(redis, 'CONFIG', 'SET', 'maxmemory', '0')
  },
  outage: async ({ upstream }, { mode = 'error' }) => {
    await upstream.set('all', mode)
    return () => upstream.set('all', 'ok')
  },
}

/**
 * The faults of one process.
 *
 * @type {Readonly<Record<string, (slot: Slot, fault: PlannedFault, scene: Scene) => unknown>>}
 */
const OF_SLOT = {
  'net-cut': ({ proxy }) => proxy.cut(),
  'net-refuse': ({ proxy }) => refuse(proxy),
  'net-silence': ({ proxy }) => beSilent(proxy),
  'net-delay': ({ proxy }, { at }) => {
    // Random, like the rest of the plan.
    proxy.delay = 50 + ((at * 1000) % 250)
    return () => (proxy.delay = 0)
  },
  'net-hold': ({ proxy }) => {
    proxy.pause()
    return () => proxy.resume()
  },
  'process-stop': (slot) => {
    slot.signal('SIGSTOP')
    return () => slot.signal('SIGCONT')
  },
  'process-busy': (slot, { at, until }) => {
    slot.send({ command: 'busy', seconds: until - at })
    return () => undefined
  },
  'process-kill': (slot) => {
    slot.signal('SIGKILL')
    return () => slot.spawn()
  },
  'upstream-of-one': async ({ slot }, { mode = 'error' }, { upstream }) => {
    await upstream.set(slot, mode)
    return () => upstream.set(slot, 'ok')
  },
  'cut-off': async ({ slot, proxy }, { mode = 'error' }, { upstream }) => {
    /** @type {() => void | Promise<void>} */
    const heal = mode === 'hang' ? beSilent(proxy) : refuse(proxy)
    await upstream.set(slot, mode)
    return async () => {
      await heal()
      await upstream.set(slot, 'ok')
    }
  },
}

/**
 * @param {Scene} scene
 * @param {PlannedFault} fault
 */
function start(scene, fault) {
  const slot = scene.slots.get(fault.target)
  return slot ? OF_SLOT[fault.kind](slot, fault, scene) : OF_ALL[fault.kind](scene, fault)
}

/** @param {TcpProxy} proxy */
function refuse(proxy) {
  proxy.refuse()
  proxy.cut()
  return () => proxy.accept()
}

/**
 * Connections that are made in the meantime are lost too, for good.
 *
 * @param {TcpProxy} proxy
 */
function beSilent(proxy) {
  proxy.silence()
  const timer = setInterval(() => proxy.silence(), AGAIN)
  return () => {
    clearInterval(timer)
    proxy.silence()
  }
}

/**
 * Causes a fault, and undoes it when its time is over.
 *
 * @param {Scene} scene
 * @param {PlannedFault} fault
 * @param {(seconds: number) => Promise<void>} waitUntil of the run
 * @param {Log<DriverRecord>} log
 */
export async function bringAbout(scene, fault, waitUntil, log) {
  const { kind, target, at, until } = fault
  const id = `${kind} ${target} ${at.toFixed(3)}`
  log({ k: 'fault', id, kind, target, mode: fault.mode })
  const undo = await start(scene, fault)
  if (typeof undo === 'function') {
    await waitUntil(until)
    await undo()
  }
  log({ k: 'healed', id })
}
