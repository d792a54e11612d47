/** The rules of `failureRate`, `slowAfter`, `probes`, growing `ttl` and `maxRetryAfter`, over real requests. */
import axios, { AxiosHeaders, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { CircuitBreaker, type CircuitOptions } from '../../lib/index.js'
import { TestClock } from '../../lib/testing/index.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
let clock: TestClock
beforeEach(async () => {
  upstream = await Upstream.start()
  clock = new TestClock()
})
afterEach(() => upstream.stop())

function guarded(options: CircuitOptions, defaults: CircuitOptions = {}) {
  const users = axios.create({ baseURL: upstream.origin })
  const breaker = new CircuitBreaker({ ...defaults, now: clock.now })
  const circuit = breaker.attach(users, 'users', options)
  const events: [string, object][] = []
  for (const name of ['failed', 'attempted', 'stateChanged', 'recovered'] as const) {
    breaker.on(name, (event) => events.push([name, event]))
  }
  const told = (name: string) => events.flatMap(([type, event]) => (type === name ? [event] : []))
  return { users, breaker, circuit, told }
}

/** Sends one request after the other: f fails, s succeeds. */
async function send(users: AxiosInstance, results: string): Promise<void> {
  for (const result of results.split('')) {
    await users.get(result === 'f' ? '/status/503' : '/status/200').catch(() => undefined)
  }
}

describe('a circuit with a failure rate', () => {
  it('opens at the rate, although no two failures are consecutive', async () => {
    const { users, circuit } = guarded({ failureRate: 0.5 })
    await send(users, 'sfsfsfsfs')
    expect(circuit.failureRate).toEqual({ requests: 9, failures: 4, rate: 4 / 9 })
    expect(circuit.state).toBe('closed')
    await send(users, 'f')
    expect(circuit.state).toBe('opened')
    expect(circuit.lastFailure).toEqual({ code: 'ERR_BAD_RESPONSE', status: 503 })
  })

  it('begins anew once it has closed: one failure does not open it again', async () => {
    const { users, circuit } = guarded({ failureRate: 0.5, ttl: 5 })
    await send(users, 'sfsfsfsfsf')
    expect(circuit.failureRate).toEqual({ requests: 0, failures: 0, rate: 0 })
    clock.advance(5)
    await send(users, 'sf')
    expect(circuit.state).toBe('closed')
    expect(circuit.failureRate).toEqual({ requests: 1, failures: 1, rate: 1 })
  })

  it('counts failures one by one, also the one that opens it, and probes', async () => {
    const failureRate = { threshold: 0.5, minimumRequests: 5 }
    const { users, circuit, told } = guarded({ failureRate, threshold: 10, ttl: 5 })
    await send(users, 'fffff')
    expect(circuit).toMatchObject({ state: 'opened', cause: 'rate', failureCount: 5 })
    expect(told('failed')).toMatchObject([1, 2, 3, 4, 5].map((failureCount) => ({ failureCount })))
    clock.advance(5)
    await send(users, 'f')
    expect(circuit).toMatchObject({ state: 'opened', cause: 'probe', failureCount: 5 })
  })

  it('counts no refused and no ignored request', async () => {
    const { users, circuit } = guarded({
      failureRate: { threshold: 1, minimumRequests: 3 },
      outcome: ({ response }) => (response?.status === 404 ? 'ignored' : undefined),
    })
    await send(users, 'ff')
    await users.get('/status/404').catch(() => undefined)
    const aborted = users.get('/hang', { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toThrow('canceled')
    expect(circuit.failureRate).toEqual({ requests: 2, failures: 2, rate: 1 })
    await send(users, 'f')
    expect(circuit.state).toBe('opened')
    await send(users, 'sss')
    expect(circuit.failureRate).toEqual({ requests: 0, failures: 0, rate: 0 })
  })

  it('has its minimum as the threshold of its streak, unless a threshold is given', async () => {
    const { users, circuit } = guarded({ failureRate: { threshold: 1, minimumRequests: 7 } })
    // The requests come too slowly for the window, so the minimum is never reached.
    for (let count = 0; count < 6; count += 1) {
      await send(users, 'f')
      clock.advance(60)
    }
    expect(circuit.state).toBe('closed')
    await send(users, 'f')
    expect(circuit.state).toBe('opened')
  })

  it.each([
    ['of the circuit', { failureRate: 0.9, threshold: 2 }, {}],
    ['of the breaker', { failureRate: 0.9 }, { threshold: 2 }],
  ])('keeps the threshold %s', async (_whose, options, defaults) => {
    const { users, circuit } = guarded(options, defaults)
    await send(users, 'ff')
    expect(circuit.state).toBe('opened')
  })

  it('may be switched off for one circuit of the breaker, which has the usual threshold then', async () => {
    const { users, circuit } = guarded({ failureRate: false }, { failureRate: 0.1 })
    expect(circuit.failureRate).toBeUndefined()
    await send(users, 'ffff')
    expect(circuit.state).toBe('closed')
    await send(users, 'f')
    expect(circuit.state).toBe('opened')
  })

  it('shows its rate with the rest of the circuit', async () => {
    const { users, circuit } = guarded({ failureRate: { threshold: 1, window: { requests: 4 } } })
    await send(users, 'sfffs')
    expect(JSON.parse(JSON.stringify(circuit))).toMatchObject({
      failureRate: { requests: 4, failures: 3, rate: 0.75 },
    })
    expect(JSON.stringify(guarded({}).circuit)).not.toContain('failureRate')
  })
})

describe('threshold: false', () => {
  it('leaves the circuit closed, however many fail', async () => {
    const { users, circuit } = guarded({ threshold: false })
    await send(users, 'f'.repeat(30))
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 30 })
  })

  it('leaves only the rate to open it', async () => {
    const { users, circuit } = guarded({
      threshold: false,
      failureRate: { threshold: 0.9, minimumRequests: 20 },
    })
    await send(users, 'f'.repeat(19))
    expect(circuit.state).toBe('closed')
    await send(users, 'f')
    expect(circuit).toMatchObject({ state: 'opened', failureCount: 20 })
  })
})

function answerHeld(status = 200): void {
  while (upstream.held.length > 0) upstream.release(status)
}

describe('slowAfter', () => {
  /** Requests that the server has, and does not answer. */
  async function hold(users: AxiosInstance, requests: number) {
    const before = upstream.held.length
    const controller = new AbortController()
    const answers = Array.from({ length: requests }, () =>
      users.get('/hold', { signal: controller.signal }).catch((error: unknown) => error),
    )
    await until('the server has them', () => upstream.held.length === before + requests)
    return { answers, cancel: () => controller.abort() }
  }

  it('opens a circuit whose requests never end, as soon as it is asked', async () => {
    const { users, circuit, told } = guarded({ slowAfter: 2, threshold: 3 })
    const { answers, cancel } = await hold(users, 3)
    clock.advance(1)
    expect(circuit.state).toBe('closed')
    clock.advance(1)
    expect(circuit.state).toBe('opened')
    await expect(users.get('/status/200')).rejects.toThrow('users')
    expect(told('failed')).toEqual(
      [1, 2, 3].map((failureCount) => ({ circuit: 'users', failureCount, slow: true })),
    )
    expect(circuit.lastFailure).toEqual({ slow: true })
    cancel()
    await Promise.all(answers)
    expect(told('failed')).toHaveLength(3)
  })

  it('counts a slow attempt once, however it ends', async () => {
    const { users, circuit, told } = guarded({ slowAfter: 2, threshold: 9 })
    const { answers, cancel } = await hold(users, 2)
    clock.advance(3)
    expect(circuit.failureCount).toBe(2)
    answerHeld()
    await Promise.all(answers)
    expect(circuit.failureCount).toBe(2)
    expect(told('attempted')).toEqual(
      [1, 2].map(() => expect.objectContaining({ outcome: 'failure', slow: true, status: 200 })),
    )
    cancel()
  })

  it('counts a slow attempt at its end if nobody has asked before, with its code and status', async () => {
    const { users, told } = guarded({ slowAfter: 2, threshold: 9 })
    const { answers } = await hold(users, 1)
    clock.advance(3)
    answerHeld()
    await Promise.all(answers)
    expect(told('failed')).toEqual([{ circuit: 'users', failureCount: 1, slow: true }])
    const failing = await hold(users, 1)
    clock.advance(3)
    answerHeld(503)
    await Promise.all(failing.answers)
    expect(told('failed').at(-1)).toMatchObject({ slow: true, status: 503 })
  })

  it('counts a request that its caller cancels too late, and none that is cancelled in time', async () => {
    const { users, circuit } = guarded({ slowAfter: 2, threshold: 9 })
    const patient = await hold(users, 1)
    clock.advance(3)
    patient.cancel()
    await Promise.all(patient.answers)
    expect(circuit.failureCount).toBe(1)
    const hasty = await hold(users, 1)
    clock.advance(1)
    hasty.cancel()
    await Promise.all(hasty.answers)
    clock.advance(5)
    expect(circuit.failureCount).toBe(1)
  })

  it('ignores attempts that end in time, and those of an earlier epoch', async () => {
    const { users, circuit, told } = guarded({ slowAfter: 2, threshold: 1, ttl: 1 })
    const { answers } = await hold(users, 1)
    await send(users, 'sf')
    expect(circuit.state).toBe('opened')
    clock.advance(1.5)
    await send(users, 's')
    expect(circuit.state).toBe('closed')
    clock.advance(5)
    expect(circuit.state).toBe('closed')
    expect(told('failed')).toHaveLength(1)
    answerHeld()
    await Promise.all(answers)
    expect(circuit.state).toBe('closed')
  })

  it('ends a probe that hangs, and opens the circuit again', async () => {
    const { users, circuit } = guarded({ slowAfter: 2, threshold: 1, ttl: 1 })
    await send(users, 'f')
    clock.advance(1)
    const { answers } = await hold(users, 1)
    expect(circuit.state).toBe('half-opened')
    clock.advance(2)
    expect(circuit.state).toBe('opened')
    expect(circuit.retryAfter).toBe(1)
    answerHeld()
    await Promise.all(answers)
    expect(circuit.state).toBe('opened')
  })

  it('counts towards the rate', async () => {
    const { users, circuit } = guarded({
      slowAfter: 2,
      failureRate: { threshold: 0.5, minimumRequests: 4 },
    })
    const { answers } = await hold(users, 2)
    await send(users, 'ss')
    expect(circuit.failureRate).toEqual({ requests: 2, failures: 0, rate: 0 })
    clock.advance(2)
    expect(circuit.state).toBe('opened')
    answerHeld()
    await Promise.all(answers)
  })

  it('is measured by the real clock, while the circuit is asked', async () => {
    const users = axios.create({ baseURL: upstream.origin })
    const circuit = new CircuitBreaker({ slowAfter: 0.1, threshold: 3 }).attach(users, 'users')
    const { answers } = await hold(users, 3)
    const begin = performance.now()
    await until('the circuit opens', () => circuit.state === 'opened')
    expect(performance.now() - begin).toBeGreaterThan(50)
    answerHeld()
    await Promise.all(answers)
  })

  it('does not count the time during which this process itself was busy', async () => {
    const users = axios.create({ baseURL: upstream.origin })
    const circuit = new CircuitBreaker({ slowAfter: 0.5, threshold: 1 }).attach(users, 'users')
    const answers = Array.from({ length: 5 }, () => users.get('/status/200'))
    for (const end = performance.now() + 1000; performance.now() < end;);
    expect(circuit.state).toBe('closed')
    await Promise.all(answers)
    expect(circuit).toMatchObject({ state: 'closed', failureCount: 0 })
  })
})

describe('a growing ttl', () => {
  it('grows with each round of probes that failed, up to its maximum', async () => {
    const { users, circuit } = guarded({
      threshold: 1,
      ttl: { initial: 2, max: 10, jitter: 0 },
    })
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      await send(users, 'f')
      times.push(circuit.retryAfter)
      clock.advance(circuit.retryAfter)
    }
    expect(times).toEqual([2, 4, 8, 10, 10])
  })

  it('begins anew only after the circuit has stayed closed for as long as it was last opened', async () => {
    const { users, circuit } = guarded({ threshold: 1, ttl: { initial: 2, max: 60, jitter: 0 } })
    await send(users, 'f')
    clock.advance(2)
    await send(users, 'f')
    expect(circuit.retryAfter).toBe(4)
    clock.advance(4)
    await send(users, 's')
    clock.advance(3.9)
    await send(users, 'f')
    expect(circuit.retryAfter).toBe(4)
    clock.advance(4)
    await send(users, 's')
    clock.advance(4)
    await send(users, 'f')
    expect(circuit.retryAfter).toBe(2)
  })

  it('is longer by its jitter, and never shorter', async () => {
    const times: number[] = []
    for (let count = 0; count < 200; count += 1) {
      clock.advance(Math.random())
      const { users, circuit } = guarded({ threshold: 1, ttl: { initial: 10, max: 20 } })
      await send(users, 'f')
      times.push(circuit.retryAfter)
    }
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...times)).toBeLessThanOrEqual(11.001)
    // Their jitter differs, so they do not all come back at once.
    expect(new Set(times).size).toBeGreaterThan(150)
    expect(times.filter((time) => time > 10.5).length).toBeGreaterThan(50)
  })

  it('is replaced by a plain ttl of one circuit', async () => {
    const { users, circuit } = guarded({ ttl: 3 }, { threshold: 1, ttl: { initial: 7, max: 9 } })
    await send(users, 'f')
    expect(circuit.retryAfter).toBe(3)
    clock.advance(3)
    await send(users, 'f')
    expect(circuit.retryAfter).toBe(3)
  })
})

describe('probes', () => {
  const probing = async (needed: number, of: number) => {
    const started = guarded({ threshold: 1, ttl: 1, probes: { needed, of } })
    await send(started.users, 'f')
    clock.advance(1)
    return started
  }

  it.each([
    [1, 1, 's', 'closed'],
    [1, 1, 'f', 'opened'],
    [2, 3, 's', 'half-opened'],
    [2, 3, 'ss', 'closed'],
    [2, 3, 'fss', 'closed'],
    [2, 3, 'sf', 'half-opened'],
    [2, 3, 'ff', 'opened'],
    [2, 3, 'sff', 'opened'],
    [3, 3, 'ssf', 'opened'],
    [3, 3, 'f', 'opened'],
    [1, 3, 'ffs', 'closed'],
    [1, 3, 'fff', 'opened'],
  ])('%i of %i after %s leave the circuit %s', async (needed, of, results, state) => {
    const { users, circuit, told } = await probing(needed, of)
    await send(users, results)
    expect(circuit.state).toBe(state)
    expect(told('recovered')).toHaveLength(state === 'closed' ? 1 : 0)
  })

  it('counts no ignored probe, whose permit is free for the next', async () => {
    const { users, circuit } = await probing(2, 2)
    const controller = new AbortController()
    const ignored = users.get('/hold', { signal: controller.signal })
    await until('the server has it', () => upstream.held.length === 1)
    controller.abort()
    await expect(ignored).rejects.toThrow('canceled')
    await send(users, 's')
    expect(circuit.state).toBe('half-opened')
    await send(users, 's')
    expect(circuit.state).toBe('closed')
  })

  it('counts each round anew', async () => {
    const { users, circuit } = await probing(2, 3)
    await send(users, 'sff')
    expect(circuit.state).toBe('opened')
    clock.advance(1)
    await send(users, 's')
    expect(circuit.state).toBe('half-opened')
    await send(users, 'fs')
    expect(circuit.state).toBe('closed')
  })
})

describe('Retry-After', () => {
  const answering = (headers: object, options: CircuitOptions) => {
    const started = guarded({ threshold: 2, ttl: 10, ...options })
    started.users.defaults.adapter = async (config) => {
      const { data, ...answer } = await axios.get('/status/503', {
        baseURL: upstream.origin,
        validateStatus: null,
      })
      const response = { ...answer, data: data as unknown, headers: headers as never, config }
      throw new axios.AxiosError('', 'ERR_BAD_RESPONSE', config, null, response)
    }
    return started
  }
  const date = 'Thu, 26 Nov 2026 12:00:00 GMT'

  it.each([
    ['seconds', { 'retry-after': '60' }, 60],
    ['seconds, whatever the case', { 'Retry-After': '60' }, 60],
    ['more than is allowed', { 'retry-after': '86400' }, 120],
    ['less than the ttl', { 'retry-after': '3' }, 10],
    ['a date', { 'retry-after': 'Thu, 26 Nov 2026 12:01:00 GMT', date }, 60],
    ['a date of 1850', { 'retry-after': 'Thursday, 26-Nov-26 12:01:00 GMT', date }, 60],
    ['a date that has passed', { 'retry-after': 'Thu, 26 Nov 2026 11:59:00 GMT', date }, 10],
    ['a date without one to compare with', { 'retry-after': 'Thu, 26 Nov 2026 12:01:00 GMT' }, 10],
    ['a date of asctime', { 'retry-after': 'Thu Nov 26 12:01:00 2026', date }, 60],
    [
      'a date of asctime, beside another',
      { 'retry-after': 'Sun Nov  6 08:49:37 1994', date: 'Sun Nov  6 08:48:37 1994' },
      60,
    ],
    ['a date of asctime that is none', { 'retry-after': 'Thu Nov 32 12:01:00 2026', date }, 10],
    ['a date without a zone', { 'retry-after': 'Thu, 26 Nov 2026 12:01:00', date }, 10],
    ['a date of another form', { 'retry-after': '2026-11-26T12:01:00Z', date }, 10],
    ['a negative number', { 'retry-after': '-60' }, 10],
    ['a fraction', { 'retry-after': '60.5' }, 10],
    ['no number', { 'retry-after': 'soon' }, 10],
    ['nothing', { 'retry-after': '' }, 10],
    ['eleven digits', { 'retry-after': '99999999999' }, 120],
    ['more digits than a number has', { 'retry-after': '9'.repeat(400) }, 120],
    ['digits and more', { 'retry-after': '99999999999s' }, 10],
    ['seconds, as fetch returns them', new Headers({ 'Retry-After': '60' }), 60],
    [
      'a date, as fetch returns it',
      new Headers({ 'Retry-After': 'Thu, 26 Nov 2026 12:01:00 GMT', Date: date }),
      60,
    ],
    ['seconds in a map', new Map([['Retry-After', '60']]), 60],
    ['seconds in the headers of axios', new AxiosHeaders({ 'Retry-After': '60' }), 60],
    ['a map without names', new Map([[Symbol('name'), '60']]), 10],
    ['a list that is no list of headers', [60, undefined], 10],
  ])('of %s', async (_what, headers, seconds) => {
    const { users, circuit } = answering(headers, { maxRetryAfter: 120 })
    await send(users, 'ff')
    expect(circuit.retryAfter).toBe(seconds)
  })

  it('of asctime is in UTC, also far from there', async () => {
    const { parse } = Date
    const ahead = 9 * 3600 * 1000
    const inTokyo = jest
      .spyOn(Date, 'parse')
      .mockImplementation((text) => parse(text) - (text.endsWith('GMT') ? 0 : ahead))
    const headers = { 'retry-after': 'Thu Nov 26 12:01:00 2026', date }
    const { users, circuit } = answering(headers, { maxRetryAfter: 120 })
    await send(users, 'ff')
    inTokyo.mockRestore()
    expect(circuit.retryAfter).toBe(60)
  })

  it('is not honoured unless it is allowed', async () => {
    const { users, circuit } = answering({ 'retry-after': '60' }, {})
    await send(users, 'ff')
    expect(circuit.retryAfter).toBe(10)
  })

  it.each([
    ['is not looked for by default', {}, false],
    ['is looked for in a failure if it is allowed', { maxRetryAfter: 120 }, true],
  ])('%s', async (_what, options, isRead) => {
    const { circuit } = guarded({ threshold: 1, ...options })
    const ownKeys = jest.fn(Reflect.ownKeys)
    const headers = new Proxy({}, { ownKeys })
    // The guard alone: axios itself reads the headers of each answer.
    const fail = circuit.guard(async (config: InternalAxiosRequestConfig) => {
      const { data: _data, ...answer } = await axios.get('/status/503', {
        baseURL: upstream.origin,
        validateStatus: null,
      })
      throw Object.assign(new Error('503'), { response: { ...answer, headers, config } })
    })
    await fail({ headers: new AxiosHeaders() }).catch(() => undefined)
    expect(circuit.failureCount).toBe(1)
    expect(ownKeys.mock.calls.length > 0).toBe(isRead)
  })

  it('opens nothing by itself', async () => {
    const { users, circuit } = answering({ 'retry-after': '60' }, { maxRetryAfter: 120 })
    await send(users, 'f')
    expect(circuit.state).toBe('closed')
  })

  it('of a probe is honoured as well', async () => {
    const { users, circuit } = answering({ 'retry-after': '60' }, { maxRetryAfter: 120 })
    await send(users, 'ff')
    clock.advance(60)
    await send(users, 'f')
    expect(circuit.retryAfter).toBe(60)
  })

  it('is in no event', async () => {
    const { users, told } = answering({ 'retry-after': '60' }, { maxRetryAfter: 120 })
    await send(users, 'ff')
    const keys = [...told('failed'), ...told('attempted')].flatMap((event) => Object.keys(event))
    expect(keys.filter((key) => /after|header/i.test(key))).toEqual([])
  })
})
