/** Guards run around all other interceptors, even if several copies of the package are on one instance. */
import axios, { getAdapter, type AxiosInstance } from 'axios'
import { runInLine, runInOrder } from '../../lib/axios/order.js'
import { CircuitBreaker, type CircuitOptions } from '../../lib/index.js'
import { copyOf } from '../support/copies.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

/** A circuit of each copy, on an instance whose interceptor replaces the adapter. */
async function copies(options: CircuitOptions = {}) {
  const other = await copyOf(() => import('../../lib/index.js'))
  const users = axios.create({ baseURL: upstream.origin })
  users.interceptors.request.use((config) => Object.assign(config, { adapter: getAdapter('http') }))
  const circuits = [CircuitBreaker, other.CircuitBreaker].map((Breaker) =>
    new Breaker({ threshold: 3 }).attach(users, 'users', options),
  )
  return { users, circuits }
}

async function fail(users: AxiosInstance, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await users.get('/status/500').catch(() => undefined)
  }
}

const isReplaced = ({ interceptors: { request, response } }: AxiosInstance): boolean =>
  Object.hasOwn(request, 'forEach') || Object.hasOwn(response, 'forEach')

it('counts in the circuits of two copies', async () => {
  const { users, circuits } = await copies()
  await fail(users, 2)
  expect(circuits.map(({ failureCount }) => failureCount)).toEqual([2, 2])
  await fail(users, 1)
  expect(circuits.map(({ state }) => state)).toEqual(['opened', 'opened'])
})

it.each([0, 1])(
  'counts in the circuit of one copy after that of the other is detached',
  async (gone) => {
    const { users, circuits } = await copies()
    circuits[gone]?.detach()
    await fail(users, 3)
    expect(circuits[1 - gone]?.state).toBe('opened')
    expect(isReplaced(users)).toBe(true)
  },
)

it.each([0, 1])(
  'answers by the fallback of one copy before other interceptors, after that of the other is detached',
  async (gone) => {
    const { users, circuits } = await copies({ fallback: () => 'instead' })
    circuits[gone]?.detach()
    users.interceptors.response.use(({ data }) => data)
    const circuit = new CircuitBreaker().attach(users, 'later', { fallback: () => 'later' })
    await circuit.force('opened')
    expect(await users.get('/')).toBe('later')
    circuit.detach()
    await circuits[1 - gone]?.force('opened')
    expect(await users.get('/')).toBe('instead')
  },
)

it.each([0, 1])('leaves nothing on the instance once no copy has a guard there', async (first) => {
  const { users, circuits } = await copies({ fallback: () => 'instead' })
  circuits[first]?.detach()
  circuits[1 - first]?.detach()
  expect(isReplaced(users)).toBe(false)
})

describe('a manager of interceptors', () => {
  type Visit = (handler: object) => void

  /** As axios has it: an interceptor that was ejected leaves a gap. */
  class Managed {
    handlers: readonly (object | null)[] = []
    forEach(visit: Visit): void {
      for (const handler of this.handlers) if (handler) visit(handler)
    }
  }

  const around = (manager: object): void => runInOrder(manager)

  it('keeps the method of somebody else, before and after', () => {
    const forEach = (): void => undefined
    const manager: object = Object.assign(new Managed(), { forEach })
    around(manager)
    runInLine(manager)
    expect(manager).toHaveProperty('forEach', forEach)
  })

  it('gets no method that it never had, as a mock may lack it', () => {
    const manager = { handlers: [] }
    around(manager)
    expect(Object.keys(manager)).toEqual(['handlers'])
  })

  it('may refuse another method, as a frozen one does', () => {
    const refusing = {
      get forEach() {
        return () => undefined
      },
      set forEach(_method) {
        throw new TypeError('Cannot add property forEach, object is not extensible')
      },
    }
    expect(() => around(Object.create(refusing) as object)).not.toThrow()
  })

  it('may have nothing left but the gap of an interceptor', () => {
    const manager = new Managed()
    around(manager)
    manager.handlers = [null]
    const visit = jest.fn()
    manager.forEach(visit)
    expect(visit).not.toHaveBeenCalled()
  })
})
