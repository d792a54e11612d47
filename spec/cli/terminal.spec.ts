/** The command line at a terminal: questions and colours. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { documentOf, ran, Typist } from '../support/command-line.js'

const RED = '\u001B[31m'
/** An environment that says nothing about colours, whatever CI sets. */
const PLAIN = { TERM: 'xterm-256color', CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined }

let server: RedisServer
let typist: Typist
beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())
beforeEach(() => server.command('FLUSHALL'))
afterEach(() => typist.kill())

const redis = () => ({ REDIS_URL: server.url })
const sit = (args: readonly string[], env = {}) => {
  typist = new Typist(args, { ...redis(), ...env })
}
const forces = async () => (await documentOf(['list'], redis())).circuits

describe('open without --for', () => {
  beforeEach(async () => {
    sit(['open', 'users', '--by', 'ann'])
    await typist.sees('For how long is "users" to be opened?')
  })

  it('takes a time, after it has refused nonsense', async () => {
    typist.types('soon\n')
    await typist.sees('--for takes a time such as 90s')
    typist.types('90m\n')
    expect(await typist.end()).toBe(0)
    expect(typist.screen).toContain('is forced')
    expect(await forces()).toMatchObject([{ circuit: 'users', forced: { by: 'ann' } }])
  })

  it('takes forever', async () => {
    typist.types('forever\n')
    expect(await typist.end()).toBe(0)
    expect(await forces()).toEqual([
      expect.objectContaining({ forced: { state: 'opened', by: 'ann' } }),
    ])
  })

  it('takes what is typed ahead', async () => {
    typist.types('soon\nlater\n5m\n')
    expect(await typist.end()).toBe(0)
    expect(typist.screen).toContain('(ends in 5m)')
  })

  it.each([
    ['nonsense and Ctrl-D at once', 'soon\n\u0004'],
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('changes nothing on %s', async (_name, key) => {
    typist.types(key)
    expect(await typist.end()).toBe(2)
    expect(typist.screen).toContain('Nothing was changed')
    expect(await forces()).toEqual([])
  })
})

it('colours appear only in terminals that allow them', async () => {
  await ran(['open', 'users', '--for', '1h'], redis())
  const fields = ['version', 1, 'epoch', 1, 'state', 'opened', 'opened', 1]
  await server.command('HSET', 'axios-breaker/orders', ...fields)
  sit(['list'], PLAIN)
  expect(await typist.end()).toBe(0)
  expect(typist.screen).toContain(`${RED}opened`)
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    sit(['list'], { ...PLAIN, ...env })
    expect(await typist.end()).toBe(0)
    expect(typist.screen).toContain('opened')
    expect(typist.screen).not.toContain('\u001B')
  }
  expect((await ran(['list'], redis())).stdout).not.toContain('\u001B')
})

it('watch ends with 0 on Ctrl-C', async () => {
  sit(['watch'])
  await typist.sees('until Ctrl-C')
  typist.types('\u0003')
  expect(await typist.end()).toBe(0)
})
