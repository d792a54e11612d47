/** What metrics and the status page may take for a breaker, also one of an earlier version. */
import axios from 'axios'
import { CircuitBreaker, ConfigError } from '../../lib/index.js'
import {
  canForce,
  checkBreaker,
  onForced,
  type ObservedBreaker,
} from '../../lib/observe/observed.js'

const nothing = (): undefined => undefined

describe('a breaker', () => {
  it('is taken by its shape', () => {
    expect(() => checkBreaker({ circuits: [], circuit: nothing, on: nothing })).not.toThrow()
    expect(() => checkBreaker(new CircuitBreaker())).not.toThrow()
  })

  it.each<[string, object | undefined]>([
    ['nothing', undefined],
    ['without events', { circuits: [], circuit: nothing }],
    ['without look-up', { circuits: [], on: nothing }],
    ['without a list of circuits', { circuit: nothing, on: nothing }],
  ])('is not taken if it is %s', (_what, value) => {
    expect(() => checkBreaker(value)).toThrow(ConfigError)
  })
})

describe('a circuit', () => {
  it('can be forced, unless it is of an earlier version', () => {
    const breaker = new CircuitBreaker()
    const circuit = breaker.attach(axios.create(), 'users')
    const { name, state, failureCount, retryAfter } = circuit
    expect(canForce(circuit)).toBe(true)
    expect(canForce({ name, state, failureCount, retryAfter })).toBe(false)
    expect(canForce({ name, state, failureCount, retryAfter, force: async () => undefined })).toBe(
      false,
    )
  })
})

describe('a listener of forces', () => {
  it('is called until it is unsubscribed', async () => {
    const breaker = new CircuitBreaker()
    const circuit = breaker.attach(axios.create(), 'users')
    const listener = jest.fn()
    const unsubscribe = onForced(breaker, listener)
    await circuit.force('opened')
    expect(listener).toHaveBeenCalledTimes(1)
    unsubscribe()
    await circuit.unforce()
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('is not needed by a breaker of an earlier version, which refuses the event', () => {
    const earlier: ObservedBreaker = {
      circuits: [],
      circuit: () => undefined,
      storageUp: undefined,
      on: () => {
        throw new ConfigError('Invalid event')
      },
    }
    expect(() => onForced(earlier, () => undefined)()).not.toThrow()
  })
})
