/** What `defineStorage` takes, and how it refuses the rest. */
import { CircuitBreaker, ConfigError } from '../../../lib/index.js'
import { defineStorage, type StorageDefinition } from '../../../lib/fleet/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'

const { connect } = new MemoryStorage()
const WHAT = 'Invalid definition of a storage\n✖'

it.each<[string, unknown, string]>([
  [
    'nothing',
    undefined,
    `${WHAT} Expected an object with some of options, connect, given undefined`,
  ],
  [
    'a function',
    connect,
    `${WHAT} Expected an object with some of options, connect, given a function`,
  ],
  ['no connect', {}, `${WHAT} Expected a function, given undefined\n  → at connect`],
  [
    'a connect that is no function',
    { connect: 'x' },
    `${WHAT} Expected a function, given a string\n  → at connect`,
  ],
  [
    'an option at the wrong level',
    { connect, quorum: 2 },
    `${WHAT} Expected an object with some of options, connect, given "quorum"`,
  ],
  [
    'an option that is wrong',
    { connect, options: { quorum: 0 } },
    'Invalid options of the storage\n✖ Expected a whole number from 1, given 0\n  → at quorum',
  ],
  [
    'options that are none',
    { connect, options: 7 },
    'Invalid options of the storage\n✖ Expected an object',
  ],
])('refuses %s', (_what, definition, message) => {
  const define = () => defineStorage(definition as StorageDefinition)
  expect(define).toThrow(ConfigError)
  expect(define).toThrow(message)
})

it.each([{ connect }, { connect, options: undefined }, { connect, options: { quorum: 2 } }])(
  'takes %p',
  async (definition) => {
    const breaker = new CircuitBreaker({ storage: defineStorage(definition) })
    await breaker.init()
    expect(breaker.storageUp).toBe(true)
    await breaker.close()
  },
)
