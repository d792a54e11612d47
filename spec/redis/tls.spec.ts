/** Redis behind TLS, under an authority of its own. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { createClient, createClientPool } from 'redis'
import { createClient as createClient4 } from 'redis-4'
import { createClient as createClient5 } from 'redis-5'
import type { RedisClient } from '../../lib/redis/index.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { Child } from '../support/child.js'
import { errorOf } from '../support/plugin-harness.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

let upstream: Upstream
let server: RedisServer
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start({ tls: true })
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
afterEach(() => SharedBreaker.closeAll())

type Connectable = RedisClient & { connect(): Promise<unknown>; disconnect?: unknown }

const socket = () => ({
  tls: true as const,
  host: '127.0.0.1',
  port: server.port,
  ca: server.ca as string,
})
const kinds: Record<string, () => Connectable> = {
  'a client of redis 6': () => createClient({ socket: socket() }),
  'a client of redis 6 by its url': () =>
    createClient({ url: server.url, socket: { tls: true, ca: server.ca as string } }),
  'a pool of redis 6': () => createClientPool({ socket: socket() }),
  'a client of redis 5': () => createClient5({ socket: socket() }),
  'a client of redis 4': () => createClient4({ socket: socket() }),
}

it.each(Object.keys(kinds))('%s that trusts the authority sends and receives', async (kind) => {
  await server.command('FLUSHALL')
  const clients = [1, 2].map(() => (kinds[kind] as () => Connectable)())
  await Promise.all(clients.map((client) => client.connect()))
  const [first, second] = await Promise.all(
    clients.map((client) => SharedBreaker.join(upstream, { client })),
  )
  await first?.fail()
  await second?.becomes('opened')
  expect(second?.losses).toEqual([])
  await SharedBreaker.closeAll()
  for (const client of clients) {
    const end = (Reflect.get(client, 'destroy') ??
      Reflect.get(client, 'disconnect')) as () => unknown
    await end.call(client)
  }
})

it('a url reports that the authority is unknown', async () => {
  const { breaker } = new SharedBreaker(upstream, { url: server.url, initDeadline: 1 })
  expect(String(await errorOf(breaker.init()))).toMatch(/certificate/)
})

/** Ends each handshake as soon as it has read the name that the client asks for. */
async function listenForNames(names: string[]): Promise<[port: number, stop: () => void]> {
  const listener = createServer({
    SNICallback: (name, done) => {
      names.push(name)
      done(new Error('The name is known'))
    },
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return [Object(listener.address()).port as number, () => listener.close()]
}

it('both connections of a url send the host name, by which a managed server finds the database', async () => {
  const names: string[] = []
  const [port, stop] = await listenForNames(names)
  const { breaker } = new SharedBreaker(upstream, {
    url: `rediss://localhost:${port}`,
    initDeadline: 5,
  })
  const joining = errorOf(breaker.init())
  await until('both have asked', () => names.length >= 2)
  await breaker.close()
  await joining
  stop()
  expect(new Set(names)).toEqual(new Set(['localhost']))
})

it('a url is trusted through NODE_EXTRA_CA_CERTS', async () => {
  await server.command('FLUSHALL')
  const folder = await mkdtemp(join(tmpdir(), 'authority-'))
  const file = join(folder, 'ca.crt')
  await writeFile(file, server.ca as string)
  const script = `
    const [first, second] = [1, 2].map(() => new CircuitBreaker({
      threshold: 1, storage: new RedisStorage({ url: settings.url }),
    }))
    const [users, others] = [1, 2].map(() => axios.create({ baseURL: settings.origin }))
    first.attach(users, 'users')
    second.attach(others, 'users')
    await Promise.all([first.init(), second.init()])
    const changed = new Promise((resolve) => second.on('stateChanged', resolve))
    await users.get('/status/500').catch(() => undefined)
    // The connections keep no process alive, not even one that waits for a message.
    const alive = setInterval(() => undefined, 1000)
    console.log(JSON.stringify(await changed))
    clearInterval(alive)
    await Promise.all([first.close(), second.close()])`
  const settings = { url: server.url, origin: upstream.origin }
  const child = new Child(script, settings, { NODE_EXTRA_CA_CERTS: file })
  expect(await child.end()).toBe(0)
  expect(child.output).toContain('"to":"opened","origin":"shared"')
  await rm(folder, { recursive: true })
})
