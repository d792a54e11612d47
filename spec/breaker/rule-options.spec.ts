/** The options of rules: which values they accept, how they refuse others, and when they count as the same. */
import axios from 'axios'
import { CircuitBreaker, ConfigError, type CircuitOptions } from '../../lib/index.js'

const RATIO = 'a ratio above 0, and at most 1'
const SECONDS = 'a number of seconds above 0, and at most 2147483'
const RATE = `${RATIO}, or an object with some of threshold, window, minimumRequests`
const WINDOW =
  'a number of seconds from 0.001, and at most 3600, or an object with some of requests'
const TTL = `${SECONDS}, or an object with some of initial, factor, max, jitter`
const COUNT = 'a whole number from 1'

function messageOf(options: object): string {
  try {
    void new CircuitBreaker(options)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'none'
}

describe('options of rules', () => {
  it.each<[object, string, string, string]>([
    [{ threshold: true }, `${COUNT}, or false`, 'true', 'threshold'],
    [{ threshold: 0 }, `${COUNT}, or false`, '0', 'threshold'],
    [{ threshold: {} }, `${COUNT}, or false`, 'an object', 'threshold'],
    [{ threshold: null }, `${COUNT}, or false`, 'null', 'threshold'],
    [{ failureRate: 0 }, `${RATE}, or false`, '0', 'failureRate'],
    [{ failureRate: 1.01 }, `${RATE}, or false`, '1.01', 'failureRate'],
    [{ failureRate: -0.5 }, `${RATE}, or false`, '-0.5', 'failureRate'],
    [{ failureRate: Number.NaN }, `${RATE}, or false`, 'NaN', 'failureRate'],
    [{ failureRate: '50%' }, `${RATE}, or false`, 'a string', 'failureRate'],
    [{ failureRate: null }, `${RATE}, or false`, 'null', 'failureRate'],
    [{ failureRate: [0.5] }, `${RATE}, or false`, 'an array', 'failureRate'],
    [{ failureRate: {} }, RATIO, 'undefined', 'failureRate.threshold'],
    [{ failureRate: { threshold: 50 } }, RATIO, '50', 'failureRate.threshold'],
    [{ failureRate: { threshold: 0.5, window: 3601 } }, WINDOW, '3601', 'failureRate.window'],
    [{ failureRate: { threshold: 0.5, window: 0 } }, WINDOW, '0', 'failureRate.window'],
    [{ failureRate: { threshold: 0.5, window: 0.0009 } }, WINDOW, '0.0009', 'failureRate.window'],
    [{ failureRate: { threshold: 0.5, window: 1e-12 } }, WINDOW, '1e-12', 'failureRate.window'],
    [{ failureRate: { threshold: 0.5, window: 5e-324 } }, WINDOW, '5e-324', 'failureRate.window'],
    [{ failureRate: { threshold: 0.5, window: null } }, WINDOW, 'null', 'failureRate.window'],
    [
      { failureRate: { threshold: 0.5, window: { requests: Symbol('none') } } },
      'a whole number from 1, and at most 1000000',
      'a symbol',
      'failureRate.window.requests',
    ],
    [
      { failureRate: { threshold: 0.5, window: { requests: 10n } } },
      'a whole number from 1, and at most 1000000',
      'a bigint',
      'failureRate.window.requests',
    ],
    [
      { failureRate: { threshold: 0.5, window: {} } },
      'a whole number from 1, and at most 1000000',
      'undefined',
      'failureRate.window.requests',
    ],
    [
      { failureRate: { threshold: 0.5, window: { requests: 1.5 } } },
      'a whole number from 1, and at most 1000000',
      '1.5',
      'failureRate.window.requests',
    ],
    [
      { failureRate: { threshold: 0.5, minimumRequests: 0 } },
      COUNT,
      '0',
      'failureRate.minimumRequests',
    ],
    [
      { failureRate: { threshold: 0.5, window: { requests: 5 }, minimumRequests: 6 } },
      'at most the requests of the window, 5',
      '6',
      'failureRate.minimumRequests',
    ],
    [
      { failureRate: { threshold: 0.5, windw: 5 } },
      'an object with some of threshold, window, minimumRequests',
      '"windw"',
      'failureRate',
    ],
    [{ slowAfter: 0 }, `${SECONDS}, or false`, '0', 'slowAfter'],
    [{ slowAfter: true }, `${SECONDS}, or false`, 'true', 'slowAfter'],
    [{ slowAfter: null }, `${SECONDS}, or false`, 'null', 'slowAfter'],
    [{ slowAfter: new Date() }, `${SECONDS}, or false`, 'an object', 'slowAfter'],
    [{ ttl: 0 }, TTL, '0', 'ttl'],
    [{ ttl: false }, TTL, 'false', 'ttl'],
    [{ ttl: { initial: 5 } }, SECONDS, 'undefined', 'ttl.max'],
    [{ ttl: { max: 5 } }, SECONDS, 'undefined', 'ttl.initial'],
    [{ ttl: { initial: 5, max: 4 } }, 'at least the seconds of the first round, 5', '4', 'ttl.max'],
    [
      { ttl: { initial: 1, max: 4, factor: 0.5 } },
      'a number from 1, and at most 1000',
      '0.5',
      'ttl.factor',
    ],
    [
      { ttl: { initial: 1, max: 4, jitter: 2 } },
      'a ratio from 0, and at most 1',
      '2',
      'ttl.jitter',
    ],
    [
      { maxRetryAfter: -1 },
      'a number of seconds from 0, and at most 2147483',
      '-1',
      'maxRetryAfter',
    ],
    [{ probes: 3 }, 'an object with some of needed, of', 'a number', 'probes'],
    [{ probes: { needed: 0 } }, COUNT, '0', 'probes.needed'],
    [
      { probes: { needed: 3, of: 2 } },
      'at most the number of probes that "of" gives, 2',
      '3',
      'probes.needed',
    ],
    [
      { probes: { needed: 2 } },
      'at most the number of probes that "of" gives, 1',
      '2',
      'probes.needed',
    ],
  ])('%j are refused', (options, expected, given, path) => {
    expect(messageOf(options)).toBe(
      `Invalid options\n✖ Expected ${expected}, given ${given}\n  → at ${path}`,
    )
  })

  it('are refused with every fault, and without values that may be secret', () => {
    const options = { failureRate: { threshold: 'hunter2', window: { requests: 'hunter2' } } }
    const message = messageOf({ ...options, probes: 'hunter2', ttl: 'hunter2' })
    expect(message).not.toContain('hunter2')
    expect(message.match(/→ at .*/g)).toEqual([
      '→ at ttl',
      '→ at failureRate.threshold',
      '→ at failureRate.window.requests',
      '→ at probes',
    ])
  })

  it('are refused for one circuit, which is named', () => {
    const attach = () =>
      new CircuitBreaker().attach(axios.create(), 'users', { probes: { needed: 3, of: 2 } })
    expect(attach).toThrow('Invalid options of circuit "users"')
  })

  it.each<CircuitOptions>([
    { threshold: false },
    { failureRate: 1 },
    { failureRate: false },
    { failureRate: { threshold: 0.001, window: 0.5, minimumRequests: 1 } },
    { failureRate: { threshold: 0.5, window: 0.001 } },
    { failureRate: { threshold: 0.5, window: { requests: 5 } } },
    { failureRate: { threshold: 0.5, window: { requests: 5 }, minimumRequests: 5 } },
    { failureRate: { threshold: 0.5, window: undefined, minimumRequests: undefined } },
    { slowAfter: 0.5 },
    { slowAfter: false },
    { ttl: { initial: 5, max: 5 } },
    { ttl: { initial: 1, max: 60, factor: 1, jitter: 0 } },
    { ttl: { initial: 1, max: 60, factor: undefined, jitter: undefined } },
    { maxRetryAfter: 0 },
    { probes: {} },
    { probes: { of: 3 } },
    { probes: { needed: 3, of: 3 } },
  ])('may be %j', (options) => {
    expect(messageOf(options)).toBe('none')
  })

  it('are read once each', () => {
    let reads = 0
    const failureRate = {
      get threshold() {
        reads += 1
        return 0.5
      },
    }
    new CircuitBreaker({ failureRate }).attach(axios.create(), 'users')
    expect(reads).toBe(1)
  })
})

describe('options of rules for a name that is attached already', () => {
  const attached = (options: CircuitOptions, defaults: CircuitOptions = {}) => {
    const breaker = new CircuitBreaker(defaults)
    breaker.attach(axios.create(), 'users', options)
    return (other: CircuitOptions) => breaker.attach(axios.create(), 'users', other)
  }

  it.each<[CircuitOptions, CircuitOptions]>([
    [{ failureRate: 0.5 }, { failureRate: { threshold: 0.5 } }],
    [{ failureRate: 0.5 }, { failureRate: { threshold: 0.5, window: 10, minimumRequests: 10 } }],
    [{ failureRate: false }, {}],
    [{ ttl: { initial: 1, max: 4 } }, { ttl: { initial: 1, factor: 2, max: 4, jitter: 0.1 } }],
    [{ probes: { needed: 2, of: 3 } }, { probes: { of: 3, needed: 2 } }],
    [{ maxRetryAfter: 0 }, {}],
    [{ slowAfter: false }, {}],
  ])('may be %j, and %j again', (one, other) => {
    expect(() => attached(one)(other)).not.toThrow()
  })

  it.each<[CircuitOptions, CircuitOptions, string]>([
    [{ failureRate: 0.5 }, { failureRate: 0.6 }, 'Expected 0.5, given 0.6\n  → at failureRate'],
    [{}, { failureRate: 0.6 }, 'Expected false, given 0.6\n  → at failureRate'],
    [
      { failureRate: 0.5 },
      { failureRate: { threshold: 0.5, window: { requests: 20 } } },
      'Expected 0.5, given {"threshold":0.5,"window":{"requests":20}}\n  → at failureRate',
    ],
    [{ threshold: false }, {}, 'Expected false, given 5\n  → at threshold'],
    [
      { failureRate: 0.5 },
      { failureRate: 0.5, threshold: 10 },
      'Expected the default of 10, given 10\n  → at threshold',
    ],
    [
      { failureRate: 0.5, threshold: 5 },
      { failureRate: 0.5 },
      'Expected 5, given the default of 10\n  → at threshold',
    ],
    [
      { failureRate: 0.5 },
      { failureRate: 0.5, threshold: false },
      'Expected the default of 10, given false\n  → at threshold',
    ],
    [
      { ttl: { initial: 30, max: 60 } },
      {},
      'Expected {"initial":30,"max":60}, given 30\n  → at ttl',
    ],
    [
      { ttl: 5 },
      { ttl: { initial: 5, max: 50 } },
      'Expected 5, given {"initial":5,"max":50}\n  → at ttl',
    ],
    [
      { ttl: { initial: 5, max: 50 } },
      { ttl: { initial: 6, max: 50 } },
      'Expected {"initial":5,"max":50}, given {"initial":6,"max":50}\n  → at ttl',
    ],
    [
      { ttl: { initial: 5, max: 50 } },
      { ttl: { initial: 5, max: 50, jitter: 0 } },
      'Expected {"initial":5,"max":50}, given {"initial":5,"max":50,"jitter":0}\n  → at ttl',
    ],
    [{ probes: { of: 2 } }, {}, 'Expected {"of":2}, given {"needed":1,"of":1}\n  → at probes'],
    [{ slowAfter: 2 }, { slowAfter: 3 }, 'Expected 2, given 3\n  → at slowAfter'],
    [{ slowAfter: 2 }, {}, 'Expected 2, given false\n  → at slowAfter'],
  ])('may not be %j, and then %j', (one, other, message) => {
    expect(() => attached(one)(other)).toThrow(`✖ ${message}\n`)
  })

  it('are shown as the breaker’s, if those apply', () => {
    const again = attached({}, { failureRate: 0.2, ttl: { initial: 5, max: 50 } })
    expect(() => again({ failureRate: 0.3 })).toThrow('Expected 0.2, given 0.3')
    expect(() => again({ ttl: 5 })).toThrow('Expected {"initial":5,"max":50}, given 5')
  })

  it('may be left out by a circuit that takes the breaker’s', () => {
    const again = attached({ ttl: 5 }, { failureRate: 0.2, probes: { of: 2 } })
    expect(() => again({ ttl: 5 })).not.toThrow()
    expect(() => again({ ttl: 5, failureRate: 0.2 })).not.toThrow()
    expect(() => again({ ttl: 5, failureRate: false })).toThrow(ConfigError)
  })
})
