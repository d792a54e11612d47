/** The instance is of another copy of axios than the package's: another version, or another build of the same. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type * as axios from 'axios'
import type * as library from '../../lib/index.js'
import { copyOf } from '../support/copies.js'

type Axios = typeof axios

/** By names that `AXIOS` does not replace. */
const VERSIONS = ['axios/dist/node/axios.cjs', 'axios-1.18', 'axios-1.13', 'axios-1.7'] as const
const NEWEST = VERSIONS[0]
const OLDEST = 'axios-1.7'

/** Answers with what it was sent. The path is the status. */
const server = createServer((request, response) => {
  const { authorization, 'user-agent': agent = 'none', 'content-type': type } = request.headers
  let body = ''
  request.on('data', (part) => (body += String(part)))
  request.on('end', () => {
    const status = Number(request.url?.slice(1))
    response.writeHead(status, { 'content-type': 'application/json', 'x-total': '7' })
    response.end(JSON.stringify({ authorization, agent, type, body }))
  })
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

/** The library with a copy of this axios that is its own. */
function libraryWith(name: string): Promise<typeof library> {
  return copyOf(() => {
    jest.doMock('axios', () => jest.requireActual<Axios>(name))
    return import('../../lib/index.js')
  })
}

describe.each([NEWEST, OLDEST])('with the package on %s', (own) => {
  let loaded: typeof library
  beforeAll(async () => {
    loaded = await libraryWith(own)
  })

  describe.each(VERSIONS)('a circuit on an instance of %s', (name) => {
    const other = jest.requireActual<Axios>(name)

    function attached(options: library.CircuitOptions = {}) {
      const { port } = server.address() as AddressInfo
      const users = other.create({
        baseURL: `http://127.0.0.1:${port}`,
        headers: { Authorization: 'Bearer abc', 'User-Agent': false },
      })
      const circuit = new loaded.CircuitBreaker({ threshold: 3 }).attach(users, 'users', options)
      return { users, circuit }
    }

    describe.each(['http', 'fetch'])('with the adapter "%s"', (adapter) => {
      it('sends all headers, and none that is switched off', async () => {
        const { users } = attached()
        const { data } = await users.post('/200', { id: 1 }, { adapter })
        const seen = { authorization: 'Bearer abc', type: 'application/json', body: '{"id":1}' }
        expect(data).toEqual({ ...seen, agent: expect.not.stringContaining('axios') })
      })

      it('passes on an answer whose headers the other copy can read', async () => {
        const { users } = attached()
        const { status, headers } = await users.get('/200', { adapter })
        expect({ status, total: headers['x-total'] }).toEqual({ status: 200, total: '7' })
        expect(headers).toBeInstanceOf(other.AxiosHeaders)
      })

      it('passes on an error with its answer and the config of the request', async () => {
        const { users, circuit } = attached()
        const configs: unknown[] = []
        users.interceptors.request.use((config) => {
          configs.push(config.headers)
          return config
        })
        const error = await users
          .get('/503', { adapter })
          .catch((thrown: axios.AxiosError) => thrown)
        expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', response: { status: 503 } })
        const { response, config } = error as axios.AxiosError
        expect(response?.headers).toBeInstanceOf(other.AxiosHeaders)
        expect(response?.headers['x-total']).toBe('7')
        expect(response?.config).toBe(config)
        expect(config?.headers).toBe(configs[0])
        expect(circuit).toMatchObject({ failureCount: 1, lastFailure: { status: 503 } })
      })

      it('passes on an error without an answer, with the config of the request', async () => {
        const { users, circuit } = attached()
        const error = await users
          .get('/200', { adapter, baseURL: 'http://127.0.0.1:1' })
          .catch((thrown: axios.AxiosError) => thrown)
        expect(other.isAxiosError(error)).toBe(true)
        expect((error as axios.AxiosError).config?.headers).toBeInstanceOf(other.AxiosHeaders)
        expect(circuit.failureCount).toBe(1)
      })

      it('lets its fallback send the request with all headers', async () => {
        const { users, circuit } = attached({
          fallback: (_error, config) => users.request({ ...config, circuitBreaker: false }),
        })
        await circuit.force('opened')
        expect((await users.get('/200', { adapter })).data.authorization).toBe('Bearer abc')
      })
    })

    it('shows an outcome function the headers of the other copy', async () => {
      const shown: unknown[] = []
      const { users } = attached({
        outcome: ({ response }) => void shown.push(response?.headers.constructor),
      })
      await users.get('/200')
      expect(shown).toEqual([other.AxiosHeaders])
    })
  })
})

it('a mock of axios without AxiosHeaders sends the headers of an instance as they are', async () => {
  const { CircuitBreaker } = await copyOf(() => {
    jest.doMock('axios', () => ({
      ...jest.requireActual<Axios>(NEWEST),
      AxiosHeaders: undefined,
    }))
    return import('../../lib/index.js')
  })
  const { port } = server.address() as AddressInfo
  const users = jest
    .requireActual<Axios>(NEWEST)
    .create({ baseURL: `http://127.0.0.1:${port}`, headers: { Authorization: 'Bearer abc' } })
  new CircuitBreaker().attach(users, 'users')
  const { data } = await users.get('/200', { adapter: 'http' })
  expect(data).toMatchObject({ authorization: 'Bearer abc' })
})
