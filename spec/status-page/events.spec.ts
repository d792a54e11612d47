/** The updates of an open page: they are small, their rate is bounded, and only open pages get them. */
import { connect, type Socket } from 'node:net'
import axios from 'axios'
import { CircuitBreaker } from '../../lib/index.js'
import { statusPage, type StatusPageOptions } from '../../lib/status-page/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { EventStream } from '../support/event-stream.js'
import { Host, Hosted } from '../support/hosted.js'
import { runScript } from '../../scripts/run.mjs'
import { until } from '../support/until.js'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).toReversed()) await clean()
})

async function hostedWith(
  ...given: [options?: object, pageOptions?: StatusPageOptions]
): Promise<Hosted> {
  const hosted = await Hosted.start(...given)
  cleanUp.push(() => hosted.stop())
  return hosted
}

async function streamOf({ url }: { readonly url: string }): Promise<EventStream> {
  const stream = await EventStream.open(url)
  cleanUp.push(() => stream.close())
  await until('the whole content has arrived', () => stream.messages.length > 0)
  return stream
}

it('sends everything first, and then what changes', async () => {
  const hosted = await hostedWith()
  hosted.attach('users')
  hosted.attach('avatars')
  const stream = await streamOf(hosted)
  const [whole] = stream.messages
  expect(whole?.event).toBe('whole')
  expect(whole?.data.rows.map(([id]) => id)).toEqual(['circuit-1', 'circuit-2'])
  expect(stream.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  await hosted.open('avatars')
  await until('the change has arrived', () => stream.last?.data.title === '(1) Circuits')
  expect(stream.last?.event).toBe('change')
  expect(stream.last?.data.rows.map(([id]) => id)).toEqual(['circuit-2'])
  expect(stream.last?.data.rows[0]?.[1]).toMatch(/^<tr id="circuit-2" class="opened">.*<\/tr>$/)
})

it('reports that a circuit is gone', async () => {
  const hosted = await hostedWith()
  const circuit = hosted.attach('users')
  const stream = await streamOf(hosted)
  circuit.detach()
  await until('the change has arrived', () => stream.messages.length > 1)
  expect(stream.last?.data).toMatchObject({
    gone: ['circuit-1'],
    rows: [],
    summary: 'No circuits yet',
  })
})

it('reports that the ttl has passed, although no event does', async () => {
  const hosted = await hostedWith({ ttl: 0.4 })
  hosted.attach('users')
  const stream = await streamOf(hosted)
  await hosted.open('users')
  await until(
    'the change has arrived',
    () => stream.last?.data.rows[0]?.[1].includes('half-opened') === true,
  )
})

it('reports a storage that comes up, although no event does', async () => {
  const hosted = await hostedWith({ storage: new MemoryStorage() })
  const stream = await streamOf(hosted)
  expect(stream.last?.data.storage).toContain('Storage lost')
  await hosted.breaker.init()
  await until(
    'the change has arrived',
    () => stream.last?.data.storage.includes('Storage up') === true,
  )
})

it('gathers changes, and sends them at most four times a second', async () => {
  const hosted = await hostedWith()
  hosted.attach('users')
  const stream = await streamOf(hosted)
  const start = performance.now()
  let requests = 0
  const received = (): number => stream.messages.length - 1
  while (requests <= 50 || received() <= 4) {
    await hosted.request('users', '/status/200')
    requests += 1
  }
  const seconds = (performance.now() - start) / 1000
  expect(received()).toBeLessThanOrEqual(seconds * 4 + 1)
})

it('sends a keep-alive if nothing happens', async () => {
  const hosted = await hostedWith({}, { heartbeat: 0.1 })
  const stream = await streamOf(hosted)
  await until('three have arrived', () => stream.heartbeats >= 3)
  expect(stream.messages).toHaveLength(1)
})

it('renders once for a hundred pages', async () => {
  const { breaker, url, reads } = await counting()
  const streams = await Promise.all(Array.from({ length: 100 }, () => streamOf({ url })))
  const before = reads()
  breaker.attach(axios.create(), 'avatars')
  for (const stream of streams)
    await until('the change has arrived', () => stream.last?.event === 'change')
  expect(new Set(streams.map((stream) => JSON.stringify(stream.last))).size).toBe(1)
  // Rendering reads the state for the row and for the summary, and polling reads it too.
  expect(reads() - before).toBeLessThan(100)
}, 20_000)

/** A page over a breaker that counts how often a circuit is read. */
async function counting() {
  const breaker = new CircuitBreaker()
  breaker.attach(axios.create(), 'users')
  let reads = 0
  const counted = (name: string) => ({
    name,
    get state() {
      reads += 1
      return breaker.circuit(name)?.state ?? 'closed'
    },
    failureCount: 0,
    retryAfter: 0,
  })
  const page = statusPage({
    get circuits() {
      return breaker.circuits.map(({ name }) => counted(name))
    },
    circuit: (name) => counted(name),
    storageUp: undefined,
    on: (event, listener) => breaker.on(event, listener),
  })
  const host = await Host.start(page)
  cleanUp.push(
    () => host.stop(),
    () => page.close(),
  )
  return { breaker, url: host.url, reads: () => reads }
}

it('refuses more pages than it may have open, until one closes', async () => {
  const hosted = await hostedWith({}, { maxStreams: 2 })
  const [first] = [await streamOf(hosted), await streamOf(hosted)]
  const refused = await fetch(`${hosted.url}?format=events`)
  expect([refused.status, await refused.text()]).toEqual([503, 'Too many pages are open\n'])
  expect(refused.headers.get('retry-after')).toBe('2')
  first.close()
  await until('there is room', async () => {
    const controller = new AbortController()
    const { status } = await fetch(`${hosted.url}?format=events`, { signal: controller.signal })
    controller.abort()
    return status === 200
  })
})

describe('a page that reads nothing', () => {
  const NAMES = Array.from({ length: 400 }, (_, index) => `${index} ${'"'.repeat(110)}`)

  async function stalled(pageOptions: StatusPageOptions) {
    const hosted = await hostedWith({ threshold: 1e9 }, pageOptions)
    const sockets: Socket[] = []
    hosted.host.server.on('connection', (socket) => sockets.push(socket))
    const adapter = (): Promise<never> => Promise.reject(new Error('broken'))
    for (const name of NAMES) hosted.attach(name)
    const client = connect(hosted.host.port, '127.0.0.1')
    cleanUp.push(() => client.destroy())
    client.on('error', () => undefined)
    client.pause()
    client.write('GET /?format=events HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await until('it is connected', () => sockets.length > 0)
    const changeAll = async (): Promise<void> => {
      await Promise.all(NAMES.map((name) => hosted.request(name, '/', { adapter })))
    }
    const held = (): number => sockets[0]?.writableLength ?? 0
    const fill = async (): Promise<void> => {
      await until('its connection is full', async () => (await changeAll(), held() > 0), 30)
    }
    return { hosted, client, socket: sockets[0], changeAll, held, fill }
  }

  it('is skipped, and gets everything once it reads again', async () => {
    const { hosted, client, changeAll, held, fill } = await stalled({})
    await fill()
    const before = held()
    const other = await streamOf(hosted)
    for (let round = 0; round < 5; round += 1) {
      const heard = other.messages.length
      await changeAll()
      await until('another page is told', () => other.messages.length > heard)
    }
    expect(held()).toBe(before)
    hosted.attach('the last one')
    let text = ''
    client.on('data', (part) => (text += String(part)))
    client.resume()
    await until('it has everything', () => text.lastIndexOf('event: whole') > 1000)
    await until('it knows the last', () =>
      text.slice(text.lastIndexOf('event: whole')).includes('the last one'),
    )
  }, 60_000)

  it('is dropped after two heartbeats, and the others are not', async () => {
    const { hosted, fill, socket } = await stalled({ heartbeat: 0.3 })
    const other = await streamOf(hosted)
    await fill()
    await until('it is dropped', () => socket?.destroyed === true)
    expect(other.hasEnded).toBe(false)
  }, 60_000)
})

it('keeps no process alive, pages open or not', async () => {
  const output = await runScript(`
    import { createServer, get } from 'node:http'
    import { CircuitBreaker } from 'axios-breaker'
    import { statusPage } from 'axios-breaker/status-page'
    const server = createServer(statusPage(new CircuitBreaker()))
    server.on('connection', (socket) => socket.unref())
    server.listen(0, '127.0.0.1', () => {
      server.unref()
      const url = 'http://127.0.0.1:' + server.address().port + '/?format=events'
      get(url, { agent: false }, (response) => response.once('data', () => {
        console.log('open')
        response.socket.unref()
      }))
    })
  `)
  expect(output).toBe('open')
}, 30_000)
