/** How each fault is caused and undone. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds. */
const PATIENCE = 700
const AGAIN = 100

/**
 * @typedef {object} Scene
 * @property {import('../../scripts/redis-server.mjs').RedisServer} redis
 * @property {Map<string, import('./worker.mjs').Slot>} slots
 * @property {import('./upstream.mjs').ChaosUpstream} upstream
 */

/** Resolves with false if Redis does not accept the command now. */
async function tell(redis, ...command) {
  if (!redis.isAnswering) return false
  const asked = redis.command(...command).then(
    () => true,
    () => false,
  )
  return Promise.race([asked, sleep(PATIENCE, false, { ref: false })])
}

/** Tries to undo a fault until that works: Redis itself may be frozen or down. */
async function insist(redis, ...command) {
  while (!(await tell(redis, ...command))) await sleep(AGAIN)
}

/** Each returns a function that undoes it. */
const STARTS = {
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
  'net-cut': (_scene, { proxy }) => proxy.cut(),
  'net-refuse': (_scene, { proxy }) => refuse(proxy),
  'net-silence': (_scene, { proxy }) => beSilent(proxy),
  'net-delay': (_scene, { proxy }, { at }) => {
    // Random, like the rest of the plan.
    proxy.delay = 50 + ((at * 1000) % 250)
    return () => (proxy.delay = 0)
  },
  'net-hold': (_scene, { proxy }) => {
    proxy.pause()
    return () => proxy.resume()
  },
  'process-stop': (_scene, slot) => {
    slot.signal('SIGSTOP')
    return () => slot.signal('SIGCONT')
  },
  'process-busy': (_scene, slot, { at, until }) => {
    slot.send({ command: 'busy', seconds: until - at })
    return () => undefined
  },
  'process-kill': (_scene, slot) => {
    slot.signal('SIGKILL')
    return () => slot.spawn()
  },
  'upstream-of-one': async ({ upstream }, { slot }, { mode }) => {
    await upstream.set(slot, mode)
    return () => upstream.set(slot, 'ok')
  },
  'cut-off': async ({ upstream }, { slot, proxy }, { mode }) => {
    const heal = mode === 'hang' ? beSilent(proxy) : refuse(proxy)
    await upstream.set(slot, mode)
    return async () => {
      await heal()
      await upstream.set(slot, 'ok')
    }
  },
  outage: async ({ upstream }, _slot, { mode }) => {
    await upstream.set('all', mode)
    return () => upstream.set('all', 'ok')
  },
}

function refuse(proxy) {
  proxy.refuse()
  proxy.cut()
  return () => proxy.accept()
}

/** Connections that are made in the meantime are lost too, for good. */
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
 * @param {any} fault of the plan
 * @param {(seconds: number) => Promise<void>} waitUntil of the run
 * @param {(record: object) => void} log
 */
export async function bringAbout(scene, fault, waitUntil, log) {
  const { kind, target, at, until } = fault
  const id = `${kind} ${target} ${at.toFixed(3)}`
  log({ k: 'fault', id, kind, target, mode: fault.mode })
  const undo = await STARTS[kind](scene, scene.slots.get(target), fault)
  if (typeof undo === 'function') {
    await waitUntil(until)
    await undo()
  }
  log({ k: 'healed', id })
}
