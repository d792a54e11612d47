/** Forces without a storage: their options, the circuits that they reach, their end, and their events. */
import { inspect } from 'node:util'
import { reactive } from '@vue/reactivity'
import axios from 'axios'
import { CircuitBreaker, ConfigError, type Circuit, type CircuitOptions } from '../../lib/index.js'
import { MOST_FORCES } from '../../lib/breaker/local-forces.js'
import { TestClock } from '../../lib/testing/index.js'
import { until } from '../support/until.js'

const SECONDS = 'a number of seconds above 0, and at most 2147483'
const TEXT = 'a string of at most 200 characters'
const OPTIONS = 'an object with some of for, by, reason'

function scene(options: CircuitOptions = {}) {
  const clock = new TestClock()
  const breaker = new CircuitBreaker({ threshold: 2, ttl: 30, now: clock.now, ...options })
  const events: unknown[] = []
  breaker.on('created', () => events.push('created'))
  breaker.on('forced', ({ circuit, forced }) => events.push([circuit, forced]))
  const attach = (name = 'users') => breaker.attach(axios.create(), name)
  return { clock, breaker, attach, events, circuit: attach() }
}

async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => new Error('It did not reject'),
    (reason: unknown) => reason,
  )
  if (error instanceof Error) return error
  throw error
}

describe('force', () => {
  it.each<[unknown, unknown, string, string, string]>([
    ['opened', { for: 0 }, SECONDS, '0', 'for'],
    ['opened', { for: -1 }, SECONDS, '-1', 'for'],
    ['opened', { for: Number.NaN }, SECONDS, 'NaN', 'for'],
    ['opened', { for: Infinity }, SECONDS, 'Infinity', 'for'],
    ['opened', { for: 2_147_484 }, SECONDS, '2147484', 'for'],
    ['opened', { for: '90s' }, SECONDS, 'a string', 'for'],
    ['opened', { by: 7 }, TEXT, 'a number', 'by'],
    ['closed', { by: 'x'.repeat(201) }, TEXT, 'one of 201', 'by'],
    ['closed', { reason: ['maintenance'] }, TEXT, 'an array', 'reason'],
    ['closed', { reason: 'x'.repeat(1e6) }, TEXT, 'one of 1000000', 'reason'],
  ])(
    'as %j with a bad option rejects, and names it',
    async (state, options, expected, given, at) => {
      const { circuit, events } = scene()
      const error = await rejectionOf(circuit.force(state as 'opened', options as object))
      expect(error).toBeInstanceOf(ConfigError)
      expect(error.message).toBe(
        `Invalid options for circuit.force() of circuit "users"\n✖ Expected ${expected}, given ${given}\n  → at ${at}`,
      )
      expect(circuit).toMatchObject({ state: 'closed', forced: undefined })
      expect(events).toEqual(['created'])
    },
  )

  it.each<[unknown, string]>([
    [{ until: 5 }, `✖ Expected ${OPTIONS}, given "until"`],
    [{ state: 'closed' }, `✖ Expected ${OPTIONS}, given "state"`],
    [Promise.resolve({}), `✖ Expected ${OPTIONS}, given a promise: await it first`],
    [null, `✖ Expected ${OPTIONS}, given null`],
    [90, `✖ Expected ${OPTIONS}, given a number`],
  ])('rejects options that are none: %j', async (options, fault) => {
    const error = await rejectionOf(scene().circuit.force('opened', options as object))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toBe(`Invalid options for circuit.force() of circuit "users"\n${fault}`)
  })

  it.each<[unknown, string]>([
    ['open', 'a string'],
    ['half-opened', 'a string'],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'a boolean'],
    [['opened'], 'an array'],
  ])('rejects the state %j', async (state, given) => {
    const error = await rejectionOf(scene().circuit.force(state as 'opened'))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toBe(
      `Invalid state for circuit.force() of circuit "users": expected 'opened' or 'closed', given ${given}`,
    )
  })

  it('shows nothing of what it was given', async () => {
    const secret = 'hunter2'
    const given = [{ by: [secret] }, { for: secret }, { reason: { secret } }, secret]
    for (const options of given) {
      const error = await rejectionOf(scene().circuit.force('opened', options as object))
      expect(inspect(error)).not.toContain(secret)
    }
    const error = await rejectionOf(scene().circuit.force(secret as 'opened'))
    expect(inspect(error)).not.toContain(secret)
  })

  it('takes effect at once, and shows who, why and for how long', () => {
    const { circuit, clock } = scene()
    void circuit.force('opened', { for: 90, by: 'ann', reason: 'maintenance' })
    clock.advance(0.5)
    const forced = { state: 'opened', by: 'ann', reason: 'maintenance', endsIn: 89.5 }
    expect(circuit).toMatchObject({ state: 'opened', retryAfter: 89.5, forced })
    expect(JSON.parse(JSON.stringify(circuit))).toMatchObject({ state: 'opened', forced })
    expect(inspect(circuit)).toContain("by: 'ann'")
  })

  it('shows nothing of it if there is none', () => {
    expect(scene().circuit.toJSON()).not.toHaveProperty('forced')
  })

  it('shows the ttl as retryAfter if no time was given', () => {
    const { circuit } = scene()
    void circuit.force('opened')
    expect(circuit).toMatchObject({ retryAfter: 30, forced: { state: 'opened' } })
  })

  it.each(['', undefined])('leaves out a name and a reason of %j', (text) => {
    const { circuit } = scene()
    void circuit.force('closed', { by: text, reason: text, for: undefined })
    expect(circuit.forced).toEqual({ state: 'closed' })
  })

  it('uses the last call', () => {
    const { circuit, events } = scene()
    void circuit.force('opened', { by: 'ann', for: 10 })
    void circuit.force('closed', { by: 'ben' })
    void circuit.force('closed', { by: 'ben' })
    expect(circuit.forced).toEqual({ state: 'closed', by: 'ben' })
    expect(events.slice(1)).toEqual([
      ['users', { state: 'opened', by: 'ann', endsIn: 10 }],
      ['users', { state: 'closed', by: 'ben' }],
    ])
  })

  it('works through a proxy', async () => {
    const { circuit } = scene()
    const wrapped = reactive({ circuit: new Proxy(circuit, {}) }).circuit
    await wrapped.force('opened', { by: 'ann' })
    expect(circuit.forced).toEqual({ state: 'opened', by: 'ann' })
    expect(wrapped.forced).toEqual({ state: 'opened', by: 'ann' })
    await wrapped.unforce()
    expect(circuit.forced).toBeUndefined()
  })
})

describe('unforce', () => {
  it('lifts the force, as often as it is called', async () => {
    const { circuit, events } = scene()
    await circuit.unforce()
    await circuit.force('opened')
    await circuit.unforce()
    await circuit.unforce()
    expect(circuit).toMatchObject({ state: 'closed', forced: undefined, retryAfter: 0 })
    expect(events.slice(1)).toEqual([
      ['users', { state: 'opened' }],
      ['users', undefined],
    ])
  })

  it('leaves other circuits and other breakers alone', async () => {
    const { attach, circuit } = scene()
    const other = attach('avatars')
    const elsewhere = scene().circuit
    await Promise.all([circuit, other, elsewhere].map((one) => one.force('opened')))
    await circuit.unforce()
    expect([circuit, other, elsewhere].map(({ state }) => state)).toEqual([
      'closed',
      'opened',
      'opened',
    ])
  })
})

describe('the end of a force', () => {
  it('is noticed as soon as the circuit is asked', () => {
    const { circuit, clock, events } = scene()
    void circuit.force('opened', { for: 5 })
    clock.advance(4.99)
    expect(circuit.state).toBe('opened')
    clock.advance(0.01)
    expect(circuit.state).toBe('closed')
    expect(circuit.forced).toBeUndefined()
    expect(events.at(-1)).toEqual(['users', undefined])
  })

  it.each<[string, (circuit: Circuit) => unknown]>([
    ['the state', ({ state }) => state],
    ['the force', ({ forced }) => forced],
    ['retryAfter', ({ retryAfter }) => retryAfter],
    ['the cause', ({ cause }) => cause],
    ['all', (circuit) => circuit.toJSON()],
  ])('is published once if somebody asks for %s', (_what, ask) => {
    const { circuit, clock, events } = scene()
    void circuit.force('opened', { for: 5 })
    clock.advance(5)
    ask(circuit)
    ask(circuit)
    expect(events.slice(2)).toEqual([['users', undefined]])
  })

  it('is published although the circuit is not asked', async () => {
    const breaker = new CircuitBreaker()
    const circuit = breaker.attach(axios.create(), 'users')
    const events: unknown[] = []
    breaker.on('forced', ({ forced }) => events.push(forced?.state))
    await circuit.force('opened', { for: 0.05 })
    await until('the end was published', () => events.length === 2)
    expect(events).toEqual(['opened', undefined])
  })

  it('is awaited by a timer that keeps no process alive, until the circuit is detached', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
    const before = timers()
    const { circuit } = scene()
    const started = jest.spyOn(globalThis, 'setTimeout')
    const stopped = jest.spyOn(globalThis, 'clearTimeout')
    await circuit.force('opened', { for: 100 })
    await circuit.force('opened', { for: 200 })
    expect(timers()).toEqual(before)
    circuit.detach()
    const made = started.mock.results.map(({ value }) => value as unknown)
    expect(made).toHaveLength(2)
    expect(stopped.mock.calls.map(([timer]) => timer)).toEqual(made)
    jest.restoreAllMocks()
  })

  it('is found by a timer that checks again, if the clock of a test moves later', async () => {
    const { circuit, clock, events } = scene()
    await circuit.force('opened', { for: 0.2 })
    const started = performance.now()
    await until('the timer has looked in vain', () => performance.now() - started > 500)
    expect(events).toHaveLength(2)
    clock.advance(0.2)
    await until('the end was published', () => events.length === 3)
  })

  it('is that of the last force', () => {
    const { circuit, clock } = scene()
    void circuit.force('opened', { for: 5 })
    void circuit.force('opened', { for: 50 })
    clock.advance(5)
    expect(circuit.state).toBe('opened')
    void circuit.force('opened')
    clock.advance(1e6)
    expect(circuit.state).toBe('opened')
  })
})

describe('a circuit that is detached', () => {
  it.each<[string, (circuit: Circuit) => Promise<void>]>([
    ['force', (circuit) => circuit.force('opened')],
    ['unforce', (circuit) => circuit.unforce()],
  ])('rejects %s', async (_what, act) => {
    const { attach, circuit } = scene()
    circuit.detach()
    const error = await rejectionOf(act(circuit))
    expect(error).not.toBeInstanceOf(ConfigError)
    expect(error.message).toBe('Circuit "users" is detached: attach it first')
    const successor = attach()
    await rejectionOf(act(circuit))
    expect(successor.forced).toBeUndefined()
  })

  it('is no longer forced, and publishes nothing when its force ends', async () => {
    const { circuit, clock, events } = scene()
    await circuit.force('opened', { for: 5 })
    circuit.detach()
    expect(circuit).toMatchObject({ state: 'closed', forced: undefined })
    clock.advance(5)
    expect(circuit.state).toBe('closed')
    expect(events).toHaveLength(2)
  })

  it('leaves its force to the next circuit of the name', async () => {
    const { attach, circuit, clock, events } = scene()
    await circuit.force('opened', { for: 10, by: 'ann' })
    circuit.detach()
    clock.advance(4)
    const next = attach()
    expect(next).toMatchObject({ state: 'opened', retryAfter: 6 })
    const forced = { state: 'opened', by: 'ann', endsIn: 6 }
    expect(events.slice(2)).toEqual(['created', ['users', forced]])
    clock.advance(6)
    expect(next.state).toBe('closed')
    expect(attach('others').forced).toBeUndefined()
  })

  it('leaves no force that has ended by then', async () => {
    const { attach, circuit, clock, events } = scene()
    await circuit.force('opened', { for: 10 })
    circuit.detach()
    clock.advance(10)
    expect(attach().state).toBe('closed')
    expect(events.slice(2)).toEqual(['created'])
  })
})

it('a listener of created finds the force there, and may replace it', async () => {
  const { attach, breaker, circuit, events } = scene()
  await circuit.force('opened', { by: 'ann' })
  circuit.detach()
  breaker.on('created', ({ circuit: name }) => {
    events.push(breaker.circuit(name)?.forced?.by)
    void breaker.circuit(name)?.force('closed', { by: 'ben' })
  })
  expect(attach().forced).toEqual({ state: 'closed', by: 'ben' })
  expect(events.slice(2)).toEqual(['created', 'ann', ['users', { state: 'closed', by: 'ben' }]])
})

it('a listener of forced may force the circuit again', async () => {
  const { breaker, circuit, events } = scene()
  breaker.on('forced', ({ forced }) => {
    if (forced?.state === 'opened') void circuit.force('closed', { by: 'ben' })
  })
  await circuit.force('opened')
  expect(circuit.forced).toEqual({ state: 'closed', by: 'ben' })
  expect(events.at(-1)).toEqual(['users', { state: 'closed', by: 'ben' }])
})

it('a breaker keeps a bounded number of forces, and drops those that have ended', async () => {
  const { attach, clock } = scene()
  const force = async (name: string, options?: object) => {
    const circuit = attach(name)
    try {
      await circuit.force('opened', options)
    } finally {
      circuit.detach()
    }
  }
  for (let count = 0; count < MOST_FORCES; count += 1)
    await force(`circuit ${count}`, { for: count % 2 === 0 ? 10 : 20 })
  await expect(force('one more')).rejects.toThrow(`${MOST_FORCES} circuits are forced already`)
  await force('circuit 0', { for: 10 })
  expect(attach('one more').forced).toBeUndefined()
  clock.advance(10)
  await force('one more')
  expect(attach('circuit 1').forced?.state).toBe('opened')
})

describe('dryRun', () => {
  it.each<[unknown, string]>([
    ['true', 'a string'],
    [1, '1'],
    [null, 'null'],
  ])('is true or false, and not %j', (dryRun, given) => {
    const message = `Invalid options\n✖ Expected true or false, given ${given}\n  → at dryRun`
    expect(() => new CircuitBreaker({ dryRun } as object)).toThrow(new ConfigError(message))
  })

  it('forces the circuit closed from the start, and a force wins over it', async () => {
    const { circuit, clock, events } = scene({ dryRun: true })
    const dry = { state: 'closed' }
    expect(circuit).toMatchObject({ state: 'closed', forced: dry })
    await circuit.force('opened', { for: 10 })
    expect(circuit.state).toBe('opened')
    await circuit.unforce()
    expect(circuit.state).toBe('closed')
    await circuit.force('opened', { for: 10 })
    clock.advance(10)
    expect(circuit).toMatchObject({ state: 'closed', forced: dry })
    const forced = ['users', { state: 'opened', endsIn: 10 }]
    const lifted = ['users', dry]
    expect(events).toEqual(['created', lifted, forced, lifted, forced, lifted])
  })

  it('is a default of the breaker, which a circuit may change', () => {
    const { breaker, circuit } = scene({ dryRun: true })
    const real = breaker.attach(axios.create(), 'avatars', { dryRun: false })
    expect([circuit.forced, real.forced]).toEqual([{ state: 'closed' }, undefined])
    const dry = scene().breaker.attach(axios.create(), 'avatars', { dryRun: true })
    expect(dry.forced).toEqual({ state: 'closed' })
  })

  it('has to be the same for all instances of a circuit', () => {
    const { breaker } = scene()
    breaker.attach(axios.create(), 'users', { dryRun: false })
    expect(() => breaker.attach(axios.create(), 'users', { dryRun: true })).toThrow(
      'Expected false, given true\n  → at dryRun',
    )
  })
})
