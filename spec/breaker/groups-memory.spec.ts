/** Any number of hosts leaves no memory behind. */
import { resolve } from 'node:path'
import { inCollected } from '../support/collected.js'

/** A real server, used as a proxy: it answers for every host. */
const CROWD = `
import { createServer, Agent } from 'node:http'
import { once } from 'node:events'
import { byHost } from '${resolve('dist/esm/index.js')}'
console.warn = () => undefined
const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  response.statusCode = request.url.includes('down') ? 500 : 200
  response.end()
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const proxy = { host: '127.0.0.1', port: server.address().port, protocol: 'http' }
const httpAgent = new Agent({ keepAlive: true, maxSockets: 20 })
const http = axios.create({ proxy, httpAgent })
const answer = async (config) => {
  if (config.url.includes('down')) throw new axios.AxiosError('down', 'ECONNRESET', config)
  return { data: null, status: 200, statusText: 'OK', headers: {}, config }
}
const quick = axios.create({ adapter: answer })
let now = 0
const breaker = new CircuitBreaker({ now: () => now })
const events = { created: 0, detached: 0 }
breaker.on('created', () => events.created += 1)
breaker.on('detached', () => events.detached += 1)
const crowd = async (instance, from, to, kind) => {
  for (let at = from; at < to; at += 20) {
    const requests = Array.from({ length: 20 }, (_, index) =>
      instance.get('http://host-' + (at + index) + '.' + kind + '.example/' + 'x'.repeat(1000)).catch(() => 0))
    await Promise.all(requests)
  }
}
`

interface Found {
  readonly before: number
  readonly after: number
  readonly circuits: number
  readonly unguarded: number
  readonly created: number
  readonly detached: number
}

const MEBIBYTE = 2 ** 20

it.each([
  ['well: their circuits come and go', 'up', { detached: 10_000, unguarded: 0 }],
  ['down: their circuits stay, within the bound', 'down', { detached: 0, unguarded: 90_000 }],
])(
  '100,000 hosts that are %s',
  async (_what, kind, least) => {
    const found = await inCollected<Found>(`${CROWD}
      const group = breaker.attach(quick, byHost, { maxCircuits: 1000, idleTime: 10 })
      breaker.attach(http, byHost)
      await crowd(quick, 0, 2000, '${kind}')
      await crowd(http, 2000, 4000, '${kind}')
      now += 100
      await crowd(quick, 0, 20, 'up')
      const before = await settled()
      for (let round = 1; round <= 10; round += 1) {
        await crowd(quick, round * 10_000, round * 10_000 + 9_800, '${kind}')
        await crowd(http, round * 10_000 + 9_800, (round + 1) * 10_000, '${kind}')
        now += 20
      }
      for (let turn = 0; turn < 20; turn += 1) await crowd(quick, 0, 20, 'end' + turn)
      const after = await settled()
      const { length: circuits } = breaker.circuits
      console.log(JSON.stringify({ before, after, circuits, unguarded: group.unguarded, ...events }))
      httpAgent.destroy()
      server.close()`)
    expect(found.circuits).toBeLessThanOrEqual(1000)
    expect(found.created - found.detached).toBe(found.circuits)
    expect(found.after - found.before).toBeLessThan(MEBIBYTE)
    expect(found.detached).toBeGreaterThanOrEqual(least.detached)
    expect(found.unguarded).toBeGreaterThanOrEqual(least.unguarded)
  },
  120_000,
)

it('an instance and a function for each request leave nothing behind either', async () => {
  const found = await inCollected<{ isCollected: boolean; circuits: number; grown: number }>(`
    console.warn = () => undefined
    const breaker = new CircuitBreaker()
    const use = async (index) => {
      const session = { token: 'x'.repeat(1000) }
      const instance = axios.create({ adapter: () => Promise.reject(new Error('down')) })
      breaker.attach(instance, () => session && 'tenant ' + index, { maxCircuits: 50 })
      await instance.get('/').catch(() => undefined)
      return new WeakRef(session)
    }
    const many = async () => {
      const sessions = []
      for (let index = 0; index < 2000; index += 1) sessions.push(await use(index))
      return sessions
    }
    const isCollected = await collected(() => false, 2) || await (async () => {
      const sessions = await many()
      return collected(() => alive(sessions) === 0)
    })()
    const before = await settled()
    for (let round = 0; round < 5; round += 1) await many()
    const grown = (await settled()) - before
    console.log(JSON.stringify({ isCollected, circuits: breaker.circuits.length, grown }))`)
  expect(found).toMatchObject({ isCollected: true, circuits: 50 })
  expect(found.grown).toBeLessThan(MEBIBYTE)
}, 120_000)

it('a circuit keeps its name, and not the URL that the name was cut from', async () => {
  const found = await inCollected<{ grown: number }>(`
    const breaker = new CircuitBreaker()
    const instance = axios.create({ adapter: () => Promise.reject(new Error('down')) })
    breaker.attach(instance, ({ url }) => url.slice(0, 30))
    await instance.get('tenant').catch(() => undefined)
    const before = await settled()
    for (let index = 0; index < 100; index += 1) {
      const url = (index + ' tenant with a rather long name ').padEnd(1_000_000, 'x')
      await instance.get(url).catch(() => undefined)
    }
    console.log(JSON.stringify({ grown: (await settled()) - before }))`)
  expect(found.grown).toBeLessThan(10 * MEBIBYTE)
}, 120_000)

it('an idle circuit takes about a kilobyte', async () => {
  const found = await inCollected<{ bytes: number }>(`
    const breaker = new CircuitBreaker()
    const answer = async (config) => ({ data: null, status: 200, statusText: 'OK', headers: {}, config })
    const instance = axios.create({ adapter: answer })
    breaker.attach(instance, ({ url }) => url, { maxCircuits: 100_000 })
    const use = async (from, to) => {
      for (let at = from; at < to; at += 1) await instance.get('host-' + at)
    }
    await use(0, 10_000)
    const before = await settled()
    await use(10_000, 30_000)
    console.log(JSON.stringify({ bytes: ((await settled()) - before) / 20_000 }))`)
  expect(found.bytes).toBeLessThan(1300)
}, 120_000)
