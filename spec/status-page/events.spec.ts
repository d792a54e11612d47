/** The updates of an open page: they are small, their rate is bounded, and only open pages get them. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
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
  expect(stream.last?.data.rows[0]?.[1]).toMatch(/^<tr id="circuit-2" class="opened" .*<\/tr>$/)
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
  expect(received()).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1)
})

it('bounds what many busy circuits cost, and none of them waits for ever', async () => {
  const hosted = await hostedWith({ threshold: 1e9 })
  const names = Array.from({ length: 250 }, (_, index) => `circuit ${index}`)
  for (const name of names) hosted.attach(name)
  for (let round = 0; round < 60; round += 1) await changeAll(hosted, names)
  const stream = await streamOf(hosted)
  const changes = () => stream.messages.slice(1)
  const shown = () => new Set(changes().flatMap(({ data }) => data.rows.map(([id]) => id)))
  await until('each row has arrived', async () => {
    await changeAll(hosted, names)
    return shown().size === names.length
  })
  for (const { data } of changes()) {
    expect(data.rows.length).toBeLessThanOrEqual(100)
    expect(JSON.stringify(data).length).toBeLessThan(150_000)
  }
  hosted.attach('the last one')
  await until('the summary has arrived', () => stream.last?.data.summary.includes('251') === true)
}, 60_000)

/** The id of the circuit's row, once the page has it. */
function idOf({ messages }: EventStream, name: string): string | undefined {
  const rows = messages.flatMap(({ data }) => data.rows)
  return rows.find(([, html]) => html.includes(`<bdi>${name}</bdi>`))?.[0]
}

/** Sends a request through each circuit, which fails without a network. */
async function changeAll(hosted: Hosted, names: readonly string[]): Promise<void> {
  const adapter = (): Promise<never> => Promise.reject(new Error('broken'))
  await Promise.all(names.map((name) => hosted.request(name, '/', { adapter })))
}

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
  /** A character that takes seven in a message. */
  const HIDDEN = '\uFEFF'
  const NAMES = Array.from({ length: 1000 }, (_, index) => `${index} ${HIDDEN.repeat(110)}`)
  /** With such long texts, the content is about as large as what the system holds for a connection. */
  const FORCE = { by: HIDDEN.repeat(200), reason: HIDDEN.repeat(200) }

  async function stalled(pageOptions: StatusPageOptions) {
    const hosted = await hostedWith({ threshold: 1e9 }, pageOptions)
    const sockets: Socket[] = []
    hosted.host.server.on('connection', (socket) => sockets.push(socket))
    await Promise.all(NAMES.map((name) => hosted.attach(name).force('closed', FORCE)))
    const [response] = (await once(get(`${hosted.url}?format=events`, { agent: false }), 'response')) as [IncomingMessage] // prettier-ignore
    response.on('error', () => undefined)
    cleanUp.push(() => response.destroy())
    const change = () => changeAll(hosted, NAMES.slice(0, 100))
    const written = (): number => sockets[0]?.bytesWritten ?? 0
    const fill = async (): Promise<void> => {
      let before = 0
      await until('its connection is full', async () => {
        const isFull = sockets[0]?.writableLength !== 0 && written() === before
        before = written()
        await change()
        return isFull
      })
    }
    return { hosted, response, socket: sockets[0], change, written, fill }
  }

  it('is skipped, and gets what it has missed once it reads again, and no more', async () => {
    const { hosted, response, change, written, fill } = await stalled({})
    await fill()
    const before = written()
    const other = await streamOf(hosted)
    for (let round = 0; round < 5; round += 1) {
      const heard = other.messages.length
      await change()
      await until('another page is told', () => other.messages.length > heard)
    }
    expect(written()).toBe(before)
    const short = hosted.attach('a short one')
    await until('another page has the short one', () => idOf(other, 'a short one') !== undefined)
    const shortId = idOf(other, 'a short one')
    const [old, ...changed] = NAMES.slice(100, 351)
    short.detach()
    hosted.breaker.circuit(old ?? '')?.detach()
    await changeAll(hosted, changed)
    hosted.attach('the last one')
    const stream = EventStream.of(response)
    await until('it knows the last', () => idOf(stream, 'the last one') !== undefined)
    const [whole, ...changes] = stream.messages
    expect([whole?.event, whole?.data.rows.length]).toEqual(['whole', NAMES.length])
    expect(new Set(changes.map(({ event }) => event))).toEqual(new Set(['change']))
    for (const { data } of changes) expect(data.rows.length).toBeLessThanOrEqual(100)
    const late = new Set(changes.flatMap(({ data }) => data.rows.map(([id]) => id)))
    const missed = Array.from({ length: 351 }, (_, index) => `circuit-${index + 1}`)
    expect(missed.filter((id) => !late.has(id))).toEqual(['circuit-101'])
    // What it has never had is not gone.
    expect(changes.flatMap(({ data }) => data.gone)).toEqual(['circuit-101'])
    expect(late.has(shortId ?? '')).toBe(false)
  }, 60_000)

  it('is dropped after two heartbeats, and the others are not', async () => {
    const { hosted, change, socket } = await stalled({ heartbeat: 2 })
    const other = await streamOf(hosted)
    await until('it is dropped', async () => (await change(), socket?.destroyed === true))
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
