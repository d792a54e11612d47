/** What is logged reaches a terminal, and may quote what a server has answered. */
import axios from 'axios'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CircuitBreaker } from '../../lib/index.js'
import { defineStorage } from '../../lib/fleet/index.js'

/** It renames a window, clears the screen, hides text, and looks like lines of a log. */
const EVIL = '\u001B]0;pwned\u0007\u009B2J\u202E\n12:00 root logged in\r\u2028'
const HIDDEN = /(?![\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

let server: Server
let breaker: CircuitBreaker
let logged: string[]
beforeEach(async () => {
  server = createServer((_request, response) => response.end(EVIL))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  logged = []
  const log = (text: unknown) => void logged.push(String(text))
  jest.spyOn(console, 'error').mockImplementation(log)
  jest.spyOn(console, 'warn').mockImplementation(log)
})
afterEach(async () => {
  jest.restoreAllMocks()
  await breaker.close()
  server.close()
})

it('shows no byte of an answer that a terminal would act upon, if a function throws', async () => {
  breaker = new CircuitBreaker({ outcome: ({ response }) => JSON.parse(String(response?.data)) })
  const instance = axios.create({ proxy: false, transformResponse: (data: unknown) => data })
  breaker.attach(instance, 'users')
  const { port } = server.address() as AddressInfo
  await instance.get(`http://127.0.0.1:${port}/`)
  expect(logged).toHaveLength(1)
  const [first = '', ...others] = String(logged).split('\n')
  expect(first).toMatch(/^axios-breaker: .*SyntaxError: .*\\u\{1b\}/)
  expect(logged[0]).not.toMatch(HIDDEN)
  expect(logged[0]).toContain('warnings.spec')
  // No other line looks like one of the log.
  expect(others.filter((line) => !line.startsWith(' '))).toEqual([])
})

it('logs a function whose error has an odd stack', () => {
  breaker = new CircuitBreaker()
  breaker.on('created', () => {
    throw Object.assign(new Error('odd'), { stack: ['a\nb', 7] })
  })
  breaker.attach(axios.create(), 'users')
  expect(logged).toEqual([expect.stringMatching(/A "created" listener threw.* a\n b,7$/)])
})

describe('a storage that refuses a circuit', () => {
  beforeEach(async () => {
    const refuse = async () => {
      throw Object.assign(new Error(`WRONGTYPE ${EVIL}`), { scope: 'circuit' })
    }
    const storage = defineStorage({
      connect: () => ({
        isUp: true,
        ready: Promise.resolve(),
        close: async () => undefined,
        ask: refuse,
        forces: refuse,
      }),
    })
    breaker = new CircuitBreaker({ storage })
    breaker.attach(axios.create(), 'users')
    await breaker.init()
  })

  const SHOWN = '\\u{1b}]0;pwned\\u{7}\\u{9b}2J\\u{202e}\\u{a}12:00 root logged in\\u{d}\\u{2028}'

  it('is shown on one line', () => {
    expect(logged.toSorted()).toEqual([
      `axios-breaker: Circuit "users" is not shared: WRONGTYPE ${SHOWN}`,
      `axios-breaker: Forced circuits are not shared: WRONGTYPE ${SHOWN}`,
    ])
  })

  it('is shown on one line to whoever forces a circuit', async () => {
    const forcing = breaker.circuit('users')?.force('opened')
    await expect(forcing).rejects.toMatchObject({
      message: `Could not force the circuit "users" for the fleet: WRONGTYPE ${SHOWN}`,
    })
  })
})
