/**
 * Connections that die silently in the kernel: routing rules drop their packets, without FIN, RST or error.
 * Linux only, as root, in a network namespace of its own: `npm run chaos:packets`.
 */
import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { createServer } from 'node:http'
import axios from 'axios'
import { CircuitBreaker } from 'axios-breaker'
import { RedisStorage } from 'axios-breaker/redis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { run } from '../../scripts/run.mjs'
import { until } from '../../scripts/until.mjs'

/**
 * @import { AxiosInstance } from 'axios'
 * @import { CircuitState } from 'axios-breaker'
 */

const NAMES = ['users', 'orders', 'payments']
/**
 * Whose packets are dropped, and how a rule finds them by the port of the client.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const DIRECTIONS = {
  "the peer's": ['dport'],
  'our own': ['sport'],
  'all packets': ['dport', 'sport'],
}

/** @param {string[]} args */
const ip = (...args) => run('ip', args)

/** The kernel checks rules in the order of their numbers, and by default packets to this machine match the first. */
async function prepareNetwork() {
  await ip('link', 'set', 'lo', 'up')
  await ip('rule', 'add', 'pref', '100', 'lookup', 'local')
  await ip('rule', 'del', 'pref', '0')
}

/** Another connection may get the same port later. */
async function dropNoMore() {
  const isLeft = async () => (await ip('rule', 'list', 'pref', '1')).stdout !== ''
  while (await isLeft()) await ip('rule', 'del', 'pref', '1')
}

/**
 * @param {readonly string[]} ports
 * @param {readonly string[]} directions
 */
async function drop(ports, directions) {
  const rules = ports.flatMap((port) => directions.map((direction) => [direction, port]))
  for (const [direction, port] of rules) {
    await ip('rule', 'add', 'pref', '1', 'ipproto', 'tcp', direction, port, 'blackhole')
  }
}

class Process {
  losses = 0
  #origin
  /** @type {Map<string, AxiosInstance>} */
  #instances = new Map()

  /**
   * @param {string} url
   * @param {string} origin
   */
  constructor(url, origin) {
    this.#origin = origin
    this.breaker = new CircuitBreaker({ threshold: 1, ttl: 60, storage: new RedisStorage({ url }) })
    this.breaker.on('storageLost', () => (this.losses += 1))
    for (const name of NAMES) this.#attach(name)
  }

  /** @param {string} name */
  async fail(name) {
    await this.#instances
      .get(name)
      ?.get('/')
      .catch(() => undefined)
  }

  /**
   * @param {string} name
   * @param {CircuitState} state
   */
  async becomes(name, state) {
    await until(`${name} is ${state}`, () => this.breaker.circuit(name)?.state === state)
  }

  /** @param {string} name */
  #attach(name) {
    const instance = axios.create({ baseURL: this.#origin })
    this.#instances.set(name, instance)
    this.breaker.attach(instance, name)
  }
}

/**
 * @param {RedisServer} server
 * @param {boolean} hasSubscribed
 * @returns {Promise<string[]>} of the clients that have subscribed, or of those that have not
 */
async function portsOf(server, hasSubscribed) {
  /** @type {string} */
  const list = await server.command('CLIENT', 'LIST')
  return list
    .trim()
    .split('\n')
    .filter((line) => !line.includes('cmd=client') && /sub=[1-9]/.test(line) === hasSubscribed)
    .flatMap((line) => / addr=[^ ]*:(\d+)/.exec(line)?.[1] ?? [])
}

/** @param {number} start */
const secondsSince = (start) => (performance.now() - start) / 1000

/**
 * A failure is reported over the dead connection: the next connection is there before the failure is too old.
 *
 * @param {RedisServer} server
 * @param {string} origin
 * @param {string} whose
 */
async function tryBoth(server, origin, whose) {
  const tried = new Process(server.url, origin)
  await tried.breaker.init()
  const ports = [...(await portsOf(server, true)), ...(await portsOf(server, false))]
  const witness = new Process(server.url, origin)
  await witness.breaker.init()
  await drop(ports, DIRECTIONS[whose])
  const start = performance.now()
  await tried.fail('users')
  await until('the loss is seen', () => tried.breaker.storageUp === false)
  await until('the storage is found', () => tried.breaker.storageUp === true, 10)
  const seconds = secondsSince(start)
  await witness.fail('orders')
  await tried.becomes('orders', 'opened')
  await tried.fail('payments')
  await witness.becomes('payments', 'opened')
  await Promise.all([tried.breaker.close(), witness.breaker.close()])
  return `joined again after ${seconds.toFixed(1)} s`
}

/**
 * Nothing happens at all: the PING on the connection for messages detects that it is dead.
 *
 * @param {RedisServer} server
 * @param {string} origin
 * @param {string} whose
 */
async function trySubscription(server, origin, whose) {
  const tried = new Process(server.url, origin)
  await tried.breaker.init()
  await drop(await portsOf(server, true), DIRECTIONS[whose])
  const start = performance.now()
  const before = await portsOf(server, true)
  const isNew = async () => (await portsOf(server, true)).some((port) => !before.includes(port))
  await until('it has subscribed anew', isNew, 30)
  const seconds = secondsSince(start)
  const witness = new Process(server.url, origin)
  await witness.breaker.init()
  await witness.fail('orders')
  await tried.becomes('orders', 'opened')
  assert.equal(tried.losses, 0)
  await Promise.all([tried.breaker.close(), witness.breaker.close()])
  return `subscribed anew after ${seconds.toFixed(1)} s`
}

await prepareNetwork()
const upstream = createServer((_request, response) => response.writeHead(500).end())
upstream.listen(0, '127.0.0.1')
await once(upstream, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (upstream.address())
const origin = `http://127.0.0.1:${port}`
const scenes = { 'both connections': tryBoth, 'the one for messages': trySubscription }
for (const [what, scene] of Object.entries(scenes)) {
  for (const whose of Object.keys(DIRECTIONS)) {
    const server = await RedisServer.start()
    try {
      console.log(`ok  ${what}, ${whose} dropped: ${await scene(server, origin, whose)}`)
    } finally {
      await dropNoMore()
      await server.stop()
    }
  }
}
upstream.close()
