/** Circuits that a function names: which of them guards a request, and how they are made and evicted. */
import { inspect } from 'node:util'
import { reactive } from '@vue/reactivity'
import axios, { getAdapter, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import axiosRetry from 'axios-retry'
import { byHost, CircuitBreaker, ConfigError, type NameOf } from '../../lib/index.js'
import { MemoryStorage, TestClock } from '../../lib/testing/index.js'
import { errorOf } from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let up: Upstream
let down: Upstream
beforeEach(async () => {
  up = await Upstream.start()
  down = await Upstream.start()
  down.status = 500
})
afterEach(async () => {
  await up.stop()
  await down.stop()
})

let warnings: jest.SpyInstance
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => warnings.mockRestore())

/** The end of a message. */
const REST = 'of this breaker. Detach it first'

const hostOf = ({ origin }: Upstream): string => new URL(origin).host
const codeOf = (error: unknown): unknown => Reflect.get(Object(error) as object, 'code')
const namesOf = (circuits: readonly { name: string }[]) => circuits.map(({ name }) => name)

/** Names the circuit after the first part of the path. */
const byTenant: NameOf = ({ url = '' }) => new URL(url).pathname.split('/')[2]
const urlFor = (tenant: string, status = 200) => `${up.origin}/status/${status}?tenant=${tenant}`
const byParameter: NameOf = ({ url = '' }) => new URL(url).searchParams.get('tenant') ?? undefined

async function send(instance: AxiosInstance, url: string, times = 1): Promise<unknown[]> {
  const results: unknown[] = []
  for (let i = 0; i < times; i += 1) {
    results.push(await instance.get(url).then(({ status }) => status, codeOf))
  }
  return results
}

describe('a group', () => {
  it('gives each host a circuit of its own', async () => {
    const instance = axios.create()
    const breaker = new CircuitBreaker({ threshold: 2 })
    const group = breaker.attach(instance, byHost)
    const answers = await send(instance, down.origin, 3)
    expect(answers).toEqual(['ERR_BAD_RESPONSE', 'ERR_BAD_RESPONSE', 'ERR_CIRCUIT_OPENED'])
    expect(await send(instance, up.origin, 3)).toEqual([200, 200, 200])
    expect(namesOf(group.circuits)).toEqual([hostOf(down), hostOf(up)])
    expect(group.circuits.map(({ state }) => state)).toEqual(['opened', 'closed'])
    expect(breaker.circuit(hostOf(down))).toBe(group.circuits[0])
    expect(breaker.circuits).toEqual(group.circuits)
    expect(group.unguarded).toBe(0)
  })

  it('calls the function once for each request, when its URL is final', async () => {
    const instance = axios.create({ baseURL: down.origin })
    const seen: string[] = []
    const nameOf = jest.fn((config: InternalAxiosRequestConfig) => {
      seen.push(`${config.baseURL}${config.url}`)
      return byHost(config)
    })
    new CircuitBreaker().attach(instance, nameOf)
    instance.interceptors.request.use((config) => ({ ...config, baseURL: up.origin }))
    await instance.get('/status/200')
    expect(seen).toEqual([`${up.origin}/status/200`])
  })

  it('guards a redirected request by the circuit of the host that was asked', async () => {
    const instance = axios.create()
    const group = new CircuitBreaker({ threshold: 1 }).attach(instance, byHost)
    const away = `${up.origin}/away/${encodeURIComponent(`${down.origin}/`)}`
    expect(await send(instance, away, 2)).toEqual(['ERR_BAD_RESPONSE', 'ERR_CIRCUIT_OPENED'])
    expect(namesOf(group.circuits)).toEqual([hostOf(up)])
  })

  it('counts each attempt of axios-retry, which never retries a refusal', async () => {
    const instance = axios.create()
    const group = new CircuitBreaker({ threshold: 3 }).attach(instance, byHost)
    axiosRetry(instance, { retries: 5, retryDelay: () => 1, retryCondition: () => true })
    expect(await send(instance, down.origin)).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(down.hits).toBe(3)
    expect(group.circuits[0]).toMatchObject({ state: 'opened', name: hostOf(down) })
  })

  it('does not guard a request that bypasses the circuit, or that has no name', async () => {
    const instance = axios.create()
    const nameOf = jest.fn((config: InternalAxiosRequestConfig) =>
      config.params ? 'users' : undefined,
    )
    const group = new CircuitBreaker({ threshold: 1 }).attach(instance, nameOf)
    await errorOf(instance.get(down.origin, { circuitBreaker: false, params: {} }))
    expect(nameOf).not.toHaveBeenCalled()
    await errorOf(instance.get(down.origin))
    expect(nameOf).toHaveBeenCalledTimes(1)
    expect(group.circuits).toEqual([])
    await errorOf(instance.get(down.origin, { params: {} }))
    const refused = instance.get(down.origin, { params: {} })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPENED', circuit: 'users' })
    const bypassing = instance.get(down.origin, { params: {}, circuitBreaker: false })
    await expect(bypassing).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' })
    expect(warnings).not.toHaveBeenCalled()
    expect(group.unguarded).toBe(0)
  })

  it('judges by its own outcome function', async () => {
    const instance = axios.create()
    const outcome = jest.fn(() => 'ignored' as const)
    const group = new CircuitBreaker({ threshold: 1 }).attach(instance, byHost, { outcome })
    await send(instance, down.origin, 2)
    expect(outcome).toHaveBeenCalledTimes(2)
    expect(group.circuits[0]?.state).toBe('closed')
  })

  it('shows its circuits, and works inside a proxy', async () => {
    const instance = axios.create()
    const group = new CircuitBreaker().attach(instance, byHost)
    await send(instance, up.origin)
    const shown = { circuits: [{ name: hostOf(up), state: 'closed' }], unguarded: 0 }
    expect(JSON.parse(JSON.stringify(group))).toMatchObject(shown)
    expect(inspect(group)).toMatch(/^CircuitGroup \{[^]*unguarded: 0/)
    const wrapped = new Proxy(group, {})
    expect(namesOf(wrapped.circuits)).toEqual([hostOf(up)])
    expect(reactive({ group }).group).toBe(group)
    wrapped.detach()
    expect(wrapped.unguarded).toBe(0)
    expect(group.circuits).toEqual([])
  })
})

describe('a name', () => {
  const url = 'http://ann:secret@users.internal/'

  it.each<[string, () => unknown, RegExp]>([
    [
      'that throws',
      () => {
        throw new TypeError(`"${url}" cannot be parsed as a URL`)
      },
      /threw, at .*groups\.spec\.ts/,
    ],
    [
      'that throws something else',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- anything may be thrown
        throw url
      },
      /threw\. Expected/,
    ],
    ['that is a promise', async () => url, /returned a promise/],
    ['that is a promise, and rejects', () => Promise.reject(new Error(url)), /a promise/],
    ['that is empty', () => '', /returned an empty string/],
    ['that is very long', () => url.repeat(10), /returned a string of 330 characters/],
    ['that is null', () => null, /returned null/],
    ['that is a number', () => 7, /returned a number/],
    ['that is an object', () => ({ url }), /returned an object/],
  ])('%s: no circuit, and one warning without a secret', async (_what, nameOf, message) => {
    const [instance, breaker] = [axios.create(), new CircuitBreaker({ threshold: 1 })]
    const group = breaker.attach(instance, nameOf as NameOf)
    expect(await send(instance, down.origin, 3)).toEqual(Array(3).fill('ERR_BAD_RESPONSE'))
    expect(group.circuits).toEqual([])
    expect(group.unguarded).toBe(0)
    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]?.[0]).toMatch(message)
    expect(warnings.mock.calls[0]?.[0]).toContain('Expected a string of 1 to 200 characters')
    expect(warnings.mock.calls[0]?.[0]).not.toContain('secret')
  })

  it('may have 200 characters, and be that of a built-in property', async () => {
    const [instance, breaker] = [axios.create(), new CircuitBreaker()]
    const names = ['x'.repeat(200), '__proto__', 'constructor', '\u0000', '\ud800', '😀']
    let name = ''
    const group = breaker.attach(instance, () => name)
    for (const each of names) {
      name = each
      await send(instance, up.origin)
    }
    expect(namesOf(group.circuits)).toEqual(names)
    expect(warnings).not.toHaveBeenCalled()
  })
})

describe('the bound', () => {
  it('lets requests to further names go without a circuit, counts them, and warns once', async () => {
    const instance = axios.create()
    const breaker = new CircuitBreaker({ threshold: 1 })
    const group = breaker.attach(instance, byParameter, { maxCircuits: 2 })
    await send(instance, urlFor('a'))
    await send(instance, urlFor('b'))
    expect(group.unguarded).toBe(0)
    const results = await send(instance, urlFor('c', 500), 3)
    expect(results).toEqual(Array(3).fill('ERR_BAD_RESPONSE'))
    expect(namesOf(group.circuits)).toEqual(['a', 'b'])
    expect([group.unguarded, breaker.unguarded]).toEqual([3, 3])
    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]?.[0]).toContain('maxCircuits')
    expect(await send(instance, urlFor('a', 500), 2)).toEqual([
      'ERR_BAD_RESPONSE',
      'ERR_CIRCUIT_OPENED',
    ])
  })

  it('evicts circuits that were unused for idleTime, the longest first', async () => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now })
    const gone: string[] = []
    breaker.on('detached', ({ circuit }) => gone.push(circuit))
    const group = breaker.attach(instance, byParameter, { maxCircuits: 3, idleTime: 10 })
    for (const name of ['a', 'b', 'c', 'a']) {
      await send(instance, urlFor(name))
      clock.advance(1)
    }
    clock.advance(7)
    expect(namesOf(group.circuits)).toEqual(['b', 'c', 'a'])
    await send(instance, urlFor('d'))
    expect(gone).toEqual(['b'])
    clock.advance(8)
    await send(instance, urlFor('e'))
    expect(gone).toEqual(['b', 'c', 'a'])
    expect(namesOf(group.circuits)).toEqual(['d', 'e'])
    expect(breaker.circuit('b')).toBeUndefined()
    expect(group.unguarded).toBe(0)
    await send(instance, urlFor('b'))
    expect(breaker.circuit('b')?.state).toBe('closed')
  })

  it('makes one circuit of a name, although a listener sends a request to it meanwhile', async () => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now })
    const created: string[] = []
    breaker.on('created', ({ circuit }) => created.push(circuit))
    const alerts: Promise<unknown>[] = []
    breaker.on('detached', () => alerts.push(send(instance, urlFor('alerts', 500))))
    breaker.attach(instance, byParameter, { idleTime: 10 })
    await send(instance, urlFor('a'))
    clock.advance(11)
    await send(instance, urlFor('alerts'))
    await Promise.all(alerts)
    expect(alerts).toHaveLength(1)
    expect(created).toEqual(['a', 'alerts'])
  })

  it('keeps a circuit that a listener uses while another one is evicted', async () => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now })
    const gone: string[] = []
    const sent: Promise<unknown>[] = []
    breaker.on('detached', ({ circuit }) => {
      gone.push(circuit)
      sent.push(send(instance, urlFor('b')))
    })
    breaker.attach(instance, byParameter, { idleTime: 10 })
    await send(instance, urlFor('a'))
    await send(instance, urlFor('b'))
    const used = breaker.circuit('b')
    clock.advance(11)
    await send(instance, urlFor('c'))
    await Promise.all(sent)
    expect(gone).toEqual(['a'])
    expect(breaker.circuit('b')).toBe(used)
  })

  it.each<[string, (instance: AxiosInstance, breaker: CircuitBreaker) => unknown]>([
    ['with a failure', (instance) => send(instance, urlFor('a', 500))],
    ['that is opened', (instance) => send(instance, urlFor('a', 500), 2)],
    [
      'with an adapter of its own',
      (_instance, breaker) => breaker.circuit('a')?.guard(getAdapter('http')),
    ],
  ])('never evicts a circuit %s', async (_what, prepare) => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now, threshold: 2, ttl: 5 })
    const group = breaker.attach(instance, byParameter, { maxCircuits: 1, idleTime: 10 })
    await send(instance, urlFor('a'))
    await prepare(instance, breaker)
    const [circuit] = group.circuits
    clock.advance(1000)
    await send(instance, urlFor('b'))
    expect(group.circuits).toEqual([circuit])
    expect(group.unguarded).toBe(1)
  })

  it.each(['opened', 'closed'] as const)('never evicts a circuit forced %s', async (state) => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now })
    const group = breaker.attach(instance, byParameter, { maxCircuits: 1, idleTime: 10 })
    await send(instance, urlFor('a'))
    await breaker.circuit('a')?.force(state, { for: 100 })
    clock.advance(99)
    await send(instance, urlFor('b'))
    expect(namesOf(group.circuits)).toEqual(['a'])
    clock.advance(1)
    await send(instance, urlFor('b'))
    expect(namesOf(group.circuits)).toEqual(['b'])
    await breaker.circuit('b')?.force(state)
    clock.advance(10)
    await send(instance, urlFor('c'))
    await breaker.circuit('b')?.unforce()
    await send(instance, urlFor('c'))
    expect(namesOf(group.circuits)).toEqual(['c'])
    expect(group.unguarded).toBe(2)
  })

  it('evicts circuits in a dry run like others: only those whose rules have counted nothing', async () => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now, dryRun: true, threshold: 1, ttl: 5 })
    const group = breaker.attach(instance, byParameter, { maxCircuits: 2, idleTime: 10 })
    await send(instance, urlFor('a', 500))
    await send(instance, urlFor('b'))
    clock.advance(100)
    expect(group.circuits.map(({ state }) => state)).toEqual(['closed', 'closed'])
    await send(instance, urlFor('c'))
    expect(namesOf(group.circuits)).toEqual(['a', 'c'])
  })

  it('evicts it as soon as it is closed, and unused for idleTime again', async () => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now, threshold: 2, ttl: 5 })
    const group = breaker.attach(instance, byParameter, { maxCircuits: 1, idleTime: 10 })
    await send(instance, urlFor('a', 500), 2)
    clock.advance(10)
    await send(instance, urlFor('b'))
    expect(await send(instance, urlFor('a'))).toEqual([200])
    clock.advance(9)
    await send(instance, urlFor('b'))
    expect(namesOf(group.circuits)).toEqual(['a'])
    clock.advance(1)
    await send(instance, urlFor('b'))
    expect(namesOf(group.circuits)).toEqual(['b'])
    expect(group.unguarded).toBe(2)
  })

  it('never evicts a circuit with a request in flight', async () => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now })
    const nameOf: NameOf = ({ url = '' }) => (url.includes('hold') ? 'a' : 'b')
    const group = breaker.attach(instance, nameOf, { maxCircuits: 1, idleTime: 10 })
    const held = instance.get(`${up.origin}/hold`)
    await until('it has arrived', () => up.held.length === 1)
    clock.advance(1000)
    await send(instance, up.origin)
    expect(namesOf(group.circuits)).toEqual(['a'])
    up.release(200)
    await held
    await send(instance, up.origin)
    expect(namesOf(group.circuits)).toEqual(['b'])
  })

  it.each([
    ['failures in its window', { window: 3600 }, 500, 10, false],
    ['successes in its window, which say how rare failures are', { window: 3600 }, 200, 10, false],
    ['an empty window', { window: 5 }, 500, 10, true],
    ['a failure among the last requests', { window: { requests: 10 } }, 500, 1000, false],
    ['successes as the last requests', { window: { requests: 10 } }, 200, 1000, true],
  ])('a circuit with %s', async (_what, window, status, seconds, goes) => {
    const clock = new TestClock()
    const instance = axios.create()
    const failureRate = { threshold: 0.9, minimumRequests: 5, ...window }
    const breaker = new CircuitBreaker({ now: clock.now, failureRate })
    const group = breaker.attach(instance, byParameter, { maxCircuits: 1, idleTime: 10 })
    await send(instance, urlFor('a', status))
    await send(instance, urlFor('a'))
    clock.advance(seconds)
    await send(instance, urlFor('b'))
    expect(namesOf(group.circuits)).toEqual([goes ? 'b' : 'a'])
  })

  it('holds for functions that are written inline, and made anew for each request', async () => {
    const breaker = new CircuitBreaker()
    for (let count = 0; count < 20; count += 1) {
      const instance = axios.create()
      breaker.attach(instance, () => `tenant-${count}`, { maxCircuits: 5 })
      await send(instance, up.origin)
    }
    expect(breaker.circuits).toHaveLength(5)
    expect(breaker.unguarded).toBe(15)
    expect(warnings).toHaveBeenCalledTimes(1)
  })

  it('is as quick with many circuits that may not be evicted as with few', async () => {
    const found = [100, 5000].map((maxCircuits) => {
      const clock = new TestClock()
      const breaker = new CircuitBreaker({ now: clock.now })
      const instance = axios.create({ adapter: () => Promise.reject(new Error('down')) })
      breaker.attach(instance, ({ url }) => url, { maxCircuits, idleTime: 10 })
      return { breaker, clock, instance, maxCircuits }
    })
    const times: number[] = []
    for (const { breaker, clock, instance, maxCircuits } of found) {
      for (let count = 0; count < maxCircuits; count += 1) await send(instance, `${count}`)
      clock.advance(1000)
      await send(instance, 'further', 200)
      const begin = performance.now()
      await send(instance, 'further', 500)
      times.push(performance.now() - begin)
      expect(breaker.unguarded).toBe(700)
      breaker.circuit('50')?.detach()
      await send(instance, 'further')
      expect(breaker.circuit('further')).toBeDefined()
    }
    const [few = 0, many = 0] = times
    expect(many).toBeLessThan(few * 5)
  })
})

describe('attach', () => {
  it('gives the same group for the same function, on any number of instances', async () => {
    const [one, other] = [axios.create(), axios.create()]
    const breaker = new CircuitBreaker()
    const group = breaker.attach(one, byHost, { threshold: 1, maxCircuits: 2 })
    expect(breaker.attach(one, byHost)).toBe(group)
    expect(breaker.attach(other, byHost)).toBe(group)
    expect(breaker.attach(other, byHost, { threshold: 1, maxCircuits: 2 })).toBe(group)
    await send(one, down.origin)
    expect(await send(other, down.origin)).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(await send(one, down.origin)).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(down.hits).toBe(1)
  })

  it('refuses the same function with other options', () => {
    const breaker = new CircuitBreaker()
    breaker.attach(axios.create(), byHost, { threshold: 1 })
    const attach = (options: object) => () => breaker.attach(axios.create(), byHost, options)
    expect(attach({ threshold: 2 })).toThrow(/name function is already attached.*\n.*\n.*threshold/)
    expect(attach({ threshold: 1, maxCircuits: 2 })).toThrow(
      /Expected 1000, given 2\n.*maxCircuits/,
    )
    expect(attach({ threshold: 1, idleTime: 2 })).toThrow(/Expected 600, given 2\n.*idleTime/)
    expect(attach({ threshold: 1, idleTime: 600, maxCircuits: 1000 })).not.toThrow()
  })

  it('refuses a second function, or a name beside a function, on one instance', () => {
    const breaker = new CircuitBreaker()
    const [one, other] = [axios.create(), axios.create()]
    breaker.attach(one, byHost)
    breaker.attach(other, 'users')
    const belongs = 'this instance already belongs to'
    expect(() => breaker.attach(one, () => 'x')).toThrow(
      new ConfigError(`Cannot attach a name function: ${belongs} a name function ${REST}`),
    )
    expect(() => breaker.attach(one, 'users')).toThrow(
      new ConfigError(`Cannot attach circuit "users": ${belongs} a name function ${REST}`),
    )
    expect(() => breaker.attach(other, byHost)).toThrow(
      new ConfigError(`Cannot attach a name function: ${belongs} circuit "users" ${REST}`),
    )
    expect(new CircuitBreaker().attach(one, 'users').name).toBe('users')
  })

  it.each([
    [{ maxCircuits: 0 }, /a whole number from 1, given 0\n.*maxCircuits/],
    [{ maxCircuits: 1.5 }, /a whole number from 1, given 1.5\n.*maxCircuits/],
    [{ maxCircuits: Infinity }, /a whole number from 1, given Infinity\n.*maxCircuits/],
    [{ maxCircuits: '7' }, /a whole number from 1, given a string\n.*maxCircuits/],
    [{ idleTime: 0 }, /a number of seconds above 0.*given 0\n.*idleTime/],
    [{ idleTime: -1 }, /a number of seconds above 0.*given -1\n.*idleTime/],
    [{ idleTime: false }, /a number of seconds above 0.*given false\n.*idleTime/],
    [{ threshold: 0 }, /given 0\n.*threshold/],
    [{ max: 1 }, /some of .*maxCircuits.*given "max"/],
    [7, /given a number/],
  ])('refuses the options %j', (options, message) => {
    const breaker = new CircuitBreaker()
    const attach = () => breaker.attach(axios.create(), byHost, options as object)
    expect(attach).toThrow(ConfigError)
    expect(attach).toThrow(message)
  })

  it('refuses them beside a name, and as defaults of the breaker', () => {
    const breaker = new CircuitBreaker()
    for (const options of [{ maxCircuits: 1 }, { idleTime: 1 }]) {
      const [name = ''] = Object.keys(options)
      const attach = () => breaker.attach(axios.create(), 'users', options as object)
      expect(attach).toThrow(ConfigError)
      expect(attach).toThrow(`given "${name}"`)
      expect(() => new CircuitBreaker(options as object)).toThrow(`given "${name}"`)
    }
  })

  it.each([null, undefined, {}, 7, ''])('refuses %j, which is no name or function', (name) => {
    const attach = () => new CircuitBreaker().attach(axios.create(), name as never)
    expect(attach).toThrow(/expected a non-empty string or a function/)
  })

  it('refuses a target that is no instance, and changes nothing', () => {
    const breaker = new CircuitBreaker()
    expect(() => breaker.attach({} as AxiosInstance, byHost, { threshold: 1 })).toThrow(ConfigError)
    expect(breaker.attach(axios.create(), byHost, { threshold: 2 }).circuits).toEqual([])
  })

  it('uses the defaults of the breaker, and warns of a long ttl', async () => {
    const breaker = new CircuitBreaker({ threshold: 1 })
    const instance = axios.create()
    const group = breaker.attach(instance, byHost, { ttl: 30_000 })
    expect(warnings.mock.calls[0]?.[0]).toContain('ttl is in seconds: 30000 opens the circuits')
    await send(instance, down.origin)
    expect(group.circuits[0]).toMatchObject({ state: 'opened' })
  })
})

describe('beside circuits that are attached by name', () => {
  it('the same name is the same circuit, by the rules that it was attached with', async () => {
    const [named, grouped] = [axios.create(), axios.create()]
    const breaker = new CircuitBreaker({ threshold: 9 })
    const circuit = breaker.attach(named, hostOf(down), { threshold: 2 })
    const group = breaker.attach(grouped, byHost, { maxCircuits: 1 })
    await send(named, down.origin)
    await send(grouped, down.origin)
    expect(circuit.state).toBe('opened')
    expect(await send(grouped, down.origin)).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(group.circuits).toEqual([])
    // It is none of the group's circuits, so there is room for another.
    await send(grouped, up.origin)
    expect(namesOf(group.circuits)).toEqual([hostOf(up)])
    group.detach()
    expect(breaker.circuits).toEqual([circuit])
    expect(await send(named, down.origin)).toEqual(['ERR_CIRCUIT_OPENED'])
  })

  it('a circuit that the group made stays, once it is attached by name', async () => {
    const clock = new TestClock()
    const [named, grouped] = [axios.create(), axios.create()]
    const breaker = new CircuitBreaker({ now: clock.now })
    const group = breaker.attach(grouped, byHost, { threshold: 2, maxCircuits: 1, idleTime: 10 })
    await send(grouped, up.origin)
    const [circuit] = group.circuits
    expect(() => breaker.attach(named, hostOf(up), { threshold: 3 })).toThrow(ConfigError)
    expect(breaker.attach(named, hostOf(up), { threshold: 2 })).toBe(circuit)
    expect(breaker.attach(named, hostOf(up))).toBe(circuit)
    expect(group.circuits).toEqual([])
    clock.advance(1000)
    await send(grouped, down.origin)
    expect(namesOf(breaker.circuits)).toEqual([hostOf(up), hostOf(down)])
    group.detach()
    expect(breaker.circuits).toEqual([circuit])
  })

  it('two functions share the circuit of a name, and both uses count', async () => {
    const clock = new TestClock()
    const [one, other] = [axios.create(), axios.create()]
    const breaker = new CircuitBreaker({ now: clock.now })
    const limits = { maxCircuits: 1, idleTime: 10 }
    const first = breaker.attach(one, byParameter, limits)
    const second = breaker.attach(other, (config) => byParameter(config), limits)
    await send(one, urlFor('a'))
    clock.advance(9)
    await send(other, urlFor('a'))
    expect([namesOf(first.circuits), namesOf(second.circuits)]).toEqual([['a'], []])
    clock.advance(9)
    await send(one, urlFor('b'))
    expect(namesOf(first.circuits)).toEqual(['a'])
    clock.advance(1)
    await send(one, urlFor('b'))
    expect(namesOf(first.circuits)).toEqual(['b'])
  })
})

describe('detaching', () => {
  it('the group takes the function off all instances, and its circuits out of the breaker', async () => {
    const [one, other] = [axios.create(), axios.create()]
    const breaker = new CircuitBreaker({ threshold: 1 })
    const group = breaker.attach(one, byHost)
    breaker.attach(other, byHost)
    const gone: string[] = []
    breaker.on('detached', ({ circuit }) => gone.push(circuit))
    await send(one, down.origin)
    await send(one, up.origin)
    group.detach()
    group.detach()
    expect(gone).toEqual([hostOf(down), hostOf(up)])
    expect(breaker.circuits).toEqual([])
    for (const instance of [one, other]) {
      expect(await send(instance, down.origin, 2)).toEqual(Array(2).fill('ERR_BAD_RESPONSE'))
    }
    expect(breaker.circuits).toEqual([])
    const renewed = breaker.attach(one, byHost, { threshold: 2 })
    expect(renewed).not.toBe(group)
    await send(one, down.origin)
    expect(renewed.circuits[0]).toMatchObject({ state: 'closed', failureCount: 1 })
  })

  it('a request that waits in an interceptor makes no circuit any more', async () => {
    const instance = axios.create()
    const breaker = new CircuitBreaker()
    const group = breaker.attach(instance, byHost)
    let go = (): void => undefined
    instance.interceptors.request.use(async (config) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      return config
    })
    const request = send(instance, up.origin)
    await until('it waits', () => go.name === 'resolve' || go.length > 0)
    group.detach()
    go()
    expect(await request).toEqual([200])
    expect(breaker.circuits).toEqual([])
  })

  it('breaker.detach(instance) detaches that instance alone', async () => {
    const [one, other] = [axios.create(), axios.create()]
    const breaker = new CircuitBreaker({ threshold: 1 })
    const group = breaker.attach(one, byHost)
    breaker.attach(other, byHost)
    await send(one, down.origin)
    breaker.detach(one)
    expect(await send(one, down.origin)).toEqual(['ERR_BAD_RESPONSE'])
    expect(await send(other, down.origin)).toEqual(['ERR_CIRCUIT_OPENED'])
    expect(breaker.attach(one, 'users').name).toBe('users')
    expect(namesOf(group.circuits)).toEqual([hostOf(down)])
  })

  it('a circuit: the next request of its name begins with a new one', async () => {
    const instance = axios.create()
    const group = new CircuitBreaker({ threshold: 1 }).attach(instance, byHost, { maxCircuits: 1 })
    await send(instance, down.origin)
    const [circuit] = group.circuits
    circuit?.detach()
    expect(group.circuits).toEqual([])
    expect(await send(instance, down.origin, 2)).toEqual(['ERR_BAD_RESPONSE', 'ERR_CIRCUIT_OPENED'])
    expect(group.circuits[0]).not.toBe(circuit)
    expect(group.circuits[0]).toMatchObject({ name: hostOf(down), state: 'opened' })
  })

  it('in a listener, whatever it detaches', async () => {
    const clock = new TestClock()
    const instance = axios.create()
    const breaker = new CircuitBreaker({ now: clock.now })
    const group = breaker.attach(instance, byParameter, { maxCircuits: 2, idleTime: 10 })
    const off = breaker.on('created', ({ circuit }) => breaker.circuit(circuit)?.detach())
    expect(await send(instance, urlFor('a'))).toEqual([200])
    expect(group.circuits).toEqual([])
    off()
    await send(instance, urlFor('a'))
    await send(instance, urlFor('b'))
    clock.advance(10)
    breaker.on('detached', () => group.detach())
    expect(await send(instance, urlFor('c'))).toEqual([200])
    expect(await send(instance, urlFor('c'))).toEqual([200])
    expect(group.circuits).toEqual([])
  })
})

describe('a fallback', () => {
  it('answers for each circuit, and may send requests past it', async () => {
    const instance = axios.create()
    const breaker = new CircuitBreaker({ threshold: 1 })
    const fallback = jest.fn(async ({ circuit }: { circuit: string }) => {
      const { status } = await instance.get(up.origin, { circuitBreaker: false })
      return `${status} in place of ${circuit}`
    })
    const group = breaker.attach(instance, byHost, { fallback })
    await send(instance, down.origin)
    expect((await instance.get(down.origin)).data).toBe(`200 in place of ${hostOf(down)}`)
    expect(namesOf(group.circuits)).toEqual([hostOf(down)])
  })

  it('answers a refusal by an adapter that a circuit of the group guards', async () => {
    const instance = axios.create({ adapter: 'http' })
    const breaker = new CircuitBreaker({ threshold: 2 })
    const group = breaker.attach(instance, byHost, { fallback: () => 'an answer' })
    await send(instance, down.origin)
    const [circuit] = group.circuits
    instance.defaults.adapter = circuit?.guard(getAdapter('http')) ?? []
    expect(await send(instance, down.origin, 3)).toEqual(['ERR_BAD_RESPONSE', 200, 200])
    expect((await instance.get(down.origin)).data).toBe('an answer')
    expect(group.circuits.map(({ state }) => state)).toEqual(['opened'])
  })

  it('answers no refusal of a request that a fallback of the group has sent', async () => {
    const mirror = await Upstream.start()
    mirror.status = 500
    const instance = axios.create()
    const fallback = jest.fn(() => instance.get(mirror.origin))
    new CircuitBreaker({ threshold: 1 }).attach(instance, byHost, { fallback })
    await send(instance, down.origin)
    await send(instance, mirror.origin)
    const refused = instance.get(down.origin)
    await expect(refused).rejects.toMatchObject({ circuit: hostOf(mirror) })
    expect(fallback).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]?.[0]).toContain('circuitBreaker: false')
    mirror.status = 200
    await mirror.stop()
  })

  it('answers no refusal of another instance, even if the name is known', async () => {
    const [instance, tokens] = [axios.create(), axios.create()]
    const breaker = new CircuitBreaker({ threshold: 1 })
    breaker.attach(tokens, 'tokens')
    breaker.attach(instance, ({ url }) => (url?.includes('users') ? 'users' : 'tokens'), {
      fallback: () => 'an answer',
    })
    await send(tokens, down.origin)
    expect((await instance.get(`${down.origin}/other`)).data).toBe('an answer')
    instance.interceptors.request.use(async (config) => {
      await tokens.get(down.origin)
      return config
    })
    await expect(instance.get(`${up.origin}/users`)).rejects.toMatchObject({ circuit: 'tokens' })
  })
})

describe('over a storage', () => {
  it('shares its circuits, and the first request of a host waits for nothing', async () => {
    const storage = new MemoryStorage()
    const instances = [axios.create(), axios.create()] as const
    const breakers = instances.map(() => new CircuitBreaker({ storage, threshold: 2 }))
    const groups = breakers.map((breaker, at) =>
      breaker.attach(instances[at] as AxiosInstance, byHost),
    )
    await expect(instances[0].get(up.origin)).rejects.toMatchObject({ code: 'ERR_NOT_INITIALIZED' })
    await Promise.all(breakers.map((breaker) => breaker.init()))
    await send(instances[0], down.origin, 2)
    await send(instances[1], up.origin)
    await Promise.all(breakers.map((breaker) => breaker.flush()))
    await send(instances[1], down.origin)
    await until('the other knows', () => groups[1]?.circuits[1]?.state === 'opened')
    expect(await send(instances[1], down.origin)).toEqual(['ERR_CIRCUIT_OPENED'])
    await Promise.all(breakers.map((breaker) => breaker.close()))
  })
})

it('keeps no long URL in memory by a name that is a part of it', async () => {
  const instance = axios.create({ adapter: () => Promise.reject(new Error('down')) })
  const group = new CircuitBreaker().attach(instance, byTenant)
  const url = `http://users.internal/t/${'tenant'.repeat(10)}/${'x'.repeat(100)}`
  await send(instance, url)
  expect(namesOf(group.circuits)).toEqual(['tenant'.repeat(10)])
})
