/** Streams that a circuit refuses to send: nobody would read them, and each would keep its file open. */
import { once } from 'node:events'
import { createReadStream, type ReadStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Duplex, PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import axios, { getAdapter, type AxiosAdapter, type AxiosInstance } from 'axios'
import { CircuitBreaker, type CircuitOptions } from '../../lib/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

async function refusing(options: CircuitOptions = {}) {
  const users = axios.create({ baseURL: upstream.origin })
  const circuit = new CircuitBreaker().attach(users, 'users', options)
  await circuit.force('opened')
  return { users, circuit }
}

async function opened(): Promise<ReadStream> {
  const file = createReadStream(__filename)
  await once(file, 'open')
  return file
}

const endless = (): Readable => new Readable({ read: () => undefined })

const isClosed = ({ closed }: Readable): boolean => closed

/** Several turns of the event loop: a stream that is destroyed when it is refused would be closed by then. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => void setTimeout(resolve))
}

afterEach(() => jest.restoreAllMocks())

const refused = { code: 'ERR_CIRCUIT_OPENED' }

describe('a refused upload', () => {
  it.each<[string, (users: AxiosInstance, file: Readable) => Promise<unknown>]>([
    ['a stream', (users, file) => users.post('/', file)],
    ['a form', (users, file) => users.postForm('/', { name: 'naruto', file })],
  ])('of %s closes its file', async (_what, post) => {
    const { users } = await refusing()
    const file = await opened()
    await expect(post(users, file)).rejects.toMatchObject(refused)
    await until('the file is closed', () => isClosed(file))
  })

  it('closes all files of a form', async () => {
    const { users } = await refusing()
    const files = [await opened(), await opened()]
    await expect(users.postForm('/', { files })).rejects.toMatchObject(refused)
    await until('the files are closed', () => files.every(isClosed))
  })

  it('closes its file before init(), too', async () => {
    const users = axios.create({ baseURL: upstream.origin })
    new CircuitBreaker({ storage: new MemoryStorage() }).attach(users, 'users')
    const file = await opened()
    await expect(users.post('/', file)).rejects.toMatchObject({ code: 'ERR_NOT_INITIALIZED' })
    await until('the file is closed', () => isClosed(file))
  })

  it('ends no process by an error of its stream, however often it is sent again', async () => {
    const { users } = await refusing()
    const stream = endless()
    for (let time = 0; time < 20; time += 1) {
      await expect(users.post('/', stream)).rejects.toMatchObject(refused)
      expect(() => stream.emit('error', new Error('no such file'))).not.toThrow()
    }
    expect(stream.listenerCount('error')).toBeLessThan(10)
    await until('the stream is closed', () => isClosed(stream))
    expect(() => stream.emit('error', new Error('no such file'))).not.toThrow()
  })

  it('is refused as any other if its stream cannot be destroyed', async () => {
    const { users } = await refusing()
    const destroy = jest.fn(() => {
      throw new Error('of the stream')
    })
    const stream = Object.assign(endless(), { destroy })
    await expect(users.post('/', stream)).rejects.toMatchObject(refused)
    await until('the stream was destroyed', () => destroy.mock.calls.length > 0)
  })

  it('can be sent elsewhere at once by its caller', async () => {
    const { users } = await refusing()
    const file = await opened()
    const sent = users.post('/', file).catch(() => axios.post(`${upstream.origin}/`, file))
    expect((await sent).status).toBe(200)
  })

  it('leaves a stream open to which somebody still writes', async () => {
    const { users } = await refusing()
    const through = new PassThrough()
    const written = pipeline(Readable.from(['naruto']), through)
    await expect(users.post('/', through)).rejects.toMatchObject(refused)
    await turns()
    expect(await text(through)).toBe('naruto')
    await written
  })

  it.each([true, false])(
    'rejects at once if it is sent again later, with circuitBreaker: %p',
    async (circuitBreaker) => {
      const { users, circuit } = await refusing()
      const file = await opened()
      await expect(users.post('/', file)).rejects.toMatchObject(refused)
      await until('the file is closed', () => isClosed(file))
      await circuit.unforce()
      const again = users.post('/', file, { circuitBreaker })
      await expect(again).rejects.toThrow('Invalid data of a request: its stream was destroyed')
      expect(circuit).toMatchObject({ state: 'closed', failureCount: 0 })
    },
  )

  it('leaves the request of a client that waits for an answer open', async () => {
    const { users } = await refusing()
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      await users.post('/', request).catch(turns)
      response.writeHead(503).end()
    }
    const gateway = createServer((request, response) => void answer(request, response))
    gateway.listen(0, '127.0.0.1')
    await once(gateway, 'listening')
    const { port } = gateway.address() as AddressInfo
    const body = new PassThrough()
    body.write('the first part')
    const answered = axios.post(`http://127.0.0.1:${port}`, body, { validateStatus: null })
    expect(await answered).toMatchObject({ status: 503 })
    gateway.close()
    gateway.closeAllConnections()
  })
})

it('leaves a socket open, as its other end may wait for an answer', async () => {
  const { users } = await refusing()
  const socket = new Duplex({ read: () => undefined, write: () => undefined })
  await expect(users.post('/', socket)).rejects.toMatchObject(refused)
  await turns()
  expect(socket.destroyed).toBe(false)
})

describe('a fallback', () => {
  it('may send the body elsewhere, and later', async () => {
    const { users } = await refusing({
      fallback: async (_error, { data }) => {
        await turns()
        return text(data)
      },
    })
    expect((await users.post('/', Readable.from(['nar', 'uto']))).data).toBe('naruto')
  })

  it('may do so after the same circuit has refused it again', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { users } = await refusing({
      fallback: (_error, config) =>
        users.request(config).catch(async () => {
          await turns()
          return text(config.data)
        }),
    })
    expect((await users.post('/', Readable.from(['nar', 'uto']))).data).toBe('naruto')
  })

  it.each([
    ['answers', async () => 'queued'],
    ['fails', () => Promise.reject(new Error('of the fallback'))],
  ])('that %s without it leaves a file that is closed', async (_what, end) => {
    const { users } = await refusing({ fallback: () => turns().then(end) })
    const file = await opened()
    await users.post('/', file).catch(() => undefined)
    await until('the file is closed', () => isClosed(file))
  })
})

describe('an inner guard that refuses', () => {
  async function around(answer: (send: AxiosAdapter) => AxiosAdapter) {
    const { users, circuit } = await refusing()
    users.defaults.adapter = answer(circuit.guard(getAdapter('http')))
    await circuit.unforce()
    // Now the outer guard knows of the inner one.
    await users.get('/status/200')
    await circuit.force('opened')
    return users
  }

  it('leaves the body to an adapter that sends it elsewhere later', async () => {
    const users = await around(
      (send) => (config) =>
        send(config).catch(async () => {
          await turns()
          const data = await text(config.data)
          return { data, status: 200, statusText: 'OK', headers: {}, config }
        }),
    )
    expect((await users.post('/', Readable.from(['nar', 'uto']))).data).toBe('naruto')
  })

  it('leaves a file that is closed if its refusal reaches the caller', async () => {
    const users = await around((send) => (config) => send(config))
    const file = await opened()
    await expect(users.post('/', file)).rejects.toMatchObject(refused)
    await until('the file is closed', () => isClosed(file))
  })
})

it('sends an upload that a dry run would refuse', async () => {
  const users = axios.create({ baseURL: upstream.origin })
  const breaker = new CircuitBreaker({ threshold: 1, dryRun: true })
  const rejected = jest.fn()
  breaker.on('rejected', rejected)
  breaker.attach(users, 'users')
  await users.get('/status/500').catch(() => undefined)
  expect((await users.post('/', await opened())).status).toBe(200)
  expect(rejected).toHaveBeenCalledTimes(1)
})
