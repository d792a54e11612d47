/** Instances and breakers come and go: a server may make one of each for every request. */
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker, ConfigError } from '../../lib/index.js'
import { errorOf } from '../support/plugin-harness.js'
import { inCollected } from '../support/collected.js'
import { Upstream } from '../support/upstream.js'

const MANY = 60_000

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

/** An instance like those of a request: its interceptors hold what belongs to the request. */
const MAKE = `
const make = (name, breaker, options) => {
  const session = { token: 'x'.repeat(100) }
  const instance = axios.create()
  instance.interceptors.request.use((config) => {
    config.headers.authorization = session.token
    return config
  })
  breaker.attach(instance, name, options)
  return new WeakRef(session)
}
`

describe('instances that are dropped', () => {
  it.each([
    ['all of one circuit', "'users'", 'undefined'],
    ['with a fallback', "'users'", '{ fallback, outcome }'],
    ['each of a circuit that was detached', '`users ${index}`', 'undefined'],
  ])(
    'are collected with what their interceptors hold: %s',
    async (_what, name, options) => {
      const found = await inCollected<{ isCollected: boolean }>(`${MAKE}
        const fallback = () => null
        const outcome = () => undefined
        const breaker = new CircuitBreaker()
        const sessions = Array.from({ length: 200 }, (_, index) => make(${name}, breaker, ${options}))
        for (const circuit of breaker.circuits) if (circuit.name !== 'users') circuit.detach()
        const isCollected = await collected(() => alive(sessions) === 0)
        console.log(JSON.stringify({ isCollected, kept: breaker.circuits.length }))`)
      expect(found.isCollected).toBe(true)
    },
    60_000,
  )

  it('are collected after requests, failures and refusals', async () => {
    const found = await inCollected<{ isCollected: boolean; state: string }>(`${MAKE}
      const breaker = new CircuitBreaker({ threshold: 3 })
      const use = async () => {
        const session = { secret: 'x'.repeat(100) }
        const instance = axios.create({
          adapter: (config) => Promise.reject(new axios.AxiosError(session.secret, 'ECONNRESET', config)),
        })
        breaker.attach(instance, 'users')
        await instance.get('/').catch(() => undefined)
        return new WeakRef(session)
      }
      const sessions = []
      for (let index = 0; index < 50; index += 1) sessions.push(await use())
      const isCollected = await collected(() => alive(sessions) === 0)
      console.log(JSON.stringify({ isCollected, state: breaker.circuit('users').state }))`)
    expect(found).toEqual({ isCollected: true, state: 'opened' })
  }, 60_000)

  it('are collected with their breaker, if it was made for them', async () => {
    const found = await inCollected<{ isCollected: boolean }>(`${MAKE}
      const breakers = Array.from({ length: 200 }, () => {
        const breaker = new CircuitBreaker()
        make('users', breaker)
        return new WeakRef(breaker)
      })
      const isCollected = await collected(() => alive(breakers) === 0)
      console.log(JSON.stringify({ isCollected }))`)
    expect(found.isCollected).toBe(true)
  }, 60_000)

  it('leave next to nothing behind, and attaching does not become slower', async () => {
    const found = await inCollected<{ bytes: number; first: number; last: number }>(`
      const breaker = new CircuitBreaker()
      const make = () => ({ interceptors: { request: { use: () => 0 }, response: { use: () => 0 } } })
      const attach = async (amount) => {
        const begin = performance.now()
        for (let index = 0; index < amount; index += 1) breaker.attach(make(), 'users')
        return performance.now() - begin
      }
      await attach(${MANY / 6})
      await settled()
      const first = await attach(${MANY / 6})
      const before = await settled()
      for (let round = 0; round < 5; round += 1) {
        await attach(${MANY / 6})
        await settled()
      }
      const last = await attach(${MANY / 6})
      const bytes = ((await settled()) - before) / ${MANY}
      console.log(JSON.stringify({ bytes, first, last }))`)
    expect(found.bytes).toBeLessThan(10)
    // If each attachment checked all others, the last one would take several times as long.
    expect(found.last).toBeLessThan(found.first * 5)
  }, 60_000)
})

it('an instance that is attached and detached again and again leaves nothing behind', async () => {
  const found = await inCollected<{ bytes: number; kept: boolean }>(`
    const breaker = new CircuitBreaker()
    const make = () => ({ interceptors: { request: { use: () => 0 }, response: { use: () => 0 } } })
    const instances = [make(), make(), make()]
    const kept = make()
    const circuit = breaker.attach(kept, 'users')
    const cycle = (times) => {
      for (let index = 0; index < times; index += 1) {
        for (const instance of instances) {
          breaker.attach(instance, 'users')
          circuit.detach(instance)
        }
      }
    }
    cycle(1000)
    const before = await settled()
    cycle(${MANY})
    const bytes = ((await settled()) - before) / ${MANY}
    circuit.detach(kept)
    console.log(JSON.stringify({ bytes, kept: breaker.circuit('users') !== undefined }))`)
  expect(found.bytes).toBeLessThan(5)
  expect(found.kept).toBe(true)
}, 60_000)

describe('100,000 instances of one name', () => {
  it('are attached in a time that grows with their number only, and all detached', async () => {
    const found = await inCollected<{ few: number; many: number; used: number }>(`
      let used = 0
      const make = () => {
        const handlers = []
        const use = (fulfilled) => handlers.push({ fulfilled }) - 1
        const eject = () => { used -= 1 }
        used += 1
        return { interceptors: { request: { use, eject, handlers }, response: { use, eject } } }
      }
      const attach = (amount) => {
        const breaker = new CircuitBreaker()
        const kept = Array.from({ length: amount }, make)
        const begin = performance.now()
        for (const instance of kept) breaker.attach(instance, 'users')
        const took = performance.now() - begin
        breaker.circuit('users').detach()
        return took
      }
      attach(10_000)
      const few = attach(10_000)
      const many = attach(100_000)
      console.log(JSON.stringify({ few, many, used }))`)
    expect(found.used).toBe(0)
    // Ten times as many: if the time grew with the square, it would be a hundred times as long.
    expect(found.many).toBeLessThan(found.few * 50)
  }, 60_000)
})

describe('circuit.detach(instance)', () => {
  const attached = () => {
    const breaker = new CircuitBreaker({ threshold: 1 })
    const [one, other] = [axios.create(), axios.create()].map((instance) => {
      instance.defaults.baseURL = upstream.origin
      return instance
    }) as [AxiosInstance, AxiosInstance]
    const circuit = breaker.attach(one, 'users')
    breaker.attach(other, 'users')
    return { breaker, circuit, one, other }
  }

  it('detaches that instance alone', async () => {
    const { breaker, circuit, one, other } = attached()
    circuit.detach(one)
    await errorOf(one.get('/status/500'))
    expect(circuit.state).toBe('closed')
    await errorOf(other.get('/status/500'))
    expect(circuit.state).toBe('opened')
    expect(breaker.circuit('users')).toBe(circuit)
    expect((await one.get('/status/200')).status).toBe(200)
  })

  it('is what breaker.detach(instance) does, by the instance alone', async () => {
    const { breaker, circuit, one, other } = attached()
    breaker.detach(one)
    breaker.detach(one)
    await errorOf(one.get('/status/500'))
    expect(circuit.state).toBe('closed')
    await errorOf(other.get('/status/500'))
    expect(circuit.state).toBe('opened')
    expect(() => breaker.detach({} as never)).toThrow(ConfigError)
  })

  it('leaves the instance free for another circuit, and for the same again', () => {
    const { breaker, circuit, one, other } = attached()
    circuit.detach(one)
    expect(breaker.attach(one, 'avatars').name).toBe('avatars')
    circuit.detach(other)
    expect(breaker.attach(other, 'users')).toBe(circuit)
  })

  it('changes nothing twice, nor for an instance that it is not on', async () => {
    const { breaker, circuit, one, other } = attached()
    circuit.detach(one)
    circuit.detach(one)
    circuit.detach(axios.create())
    breaker.attach(one, 'avatars')
    circuit.detach(one)
    await errorOf(one.get('/status/500'))
    expect(breaker.circuit('avatars')?.state).toBe('opened')
    await errorOf(other.get('/status/500'))
    expect(circuit.state).toBe('opened')
  })

  it('keeps the circuit, and publishes nothing, when the last instance goes', () => {
    const { breaker, circuit, one, other } = attached()
    const detached = jest.fn()
    breaker.on('detached', detached)
    circuit.detach(one)
    circuit.detach(other)
    expect(detached).not.toHaveBeenCalled()
    circuit.detach()
    expect(detached).toHaveBeenCalledTimes(1)
    expect(breaker.circuit('users')).toBeUndefined()
  })

  it.each([null, 'users', {}, 7])('refuses %p, which is no instance', (value) => {
    const { circuit } = attached()
    expect(() => circuit.detach(value as never)).toThrow(ConfigError)
  })
})

describe('many breakers on one instance', () => {
  let warnings: jest.SpyInstance
  beforeEach(() => {
    warnings = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  })
  afterEach(() => warnings.mockRestore())

  it('cause one warning, from the eleventh on', () => {
    const instance = axios.create()
    for (let count = 0; count < 10; count += 1) new CircuitBreaker().attach(instance, 'users')
    expect(warnings).not.toHaveBeenCalled()
    for (let count = 0; count < 5; count += 1) new CircuitBreaker().attach(instance, 'users')
    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]?.[0]).toContain('More than 10 breakers')
  })

  it('make no request fail, however many there are', async () => {
    const instance = axios.create({ baseURL: upstream.origin })
    const circuits = Array.from({ length: 3000 }, () =>
      new CircuitBreaker({ threshold: 1 }).attach(instance, 'users'),
    )
    expect((await instance.get('/status/200')).status).toBe(200)
    expect((await instance.get('/status/200', { circuitBreaker: false })).status).toBe(200)
    await errorOf(instance.get('/status/500'))
    expect(circuits.every(({ state }) => state === 'opened')).toBe(true)
  }, 60_000)

  it('are fine one after the other, as in a hot reload', () => {
    const instance = axios.create()
    for (let count = 0; count < 30; count += 1) {
      const circuit = new CircuitBreaker().attach(instance, 'users')
      if (count % 2 === 0) circuit.detach()
      else circuit.detach(instance)
    }
    expect(warnings).not.toHaveBeenCalled()
  })
})
