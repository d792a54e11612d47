/** A user of Redis who has the necessary permissions and no others. */
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { COMMANDS, PASSWORD, RULE, USER } from '../support/acl.js'
import { errorOf } from '../support/plugin-harness.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

let upstream: Upstream
let server: RedisServer
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
beforeEach(async () => {
  await server.command('FLUSHALL')
  await server.command('SCRIPT', 'FLUSH')
  await server.command('ACL', 'LOG', 'RESET')
  await server.command('CONFIG', 'RESETSTAT')
})
afterEach(() => SharedBreaker.closeAll())

const allow = (rule: string) => server.command('ACL', 'SETUSER', USER, 'reset', ...rule.split(' '))
const url = () => server.url.replace('//', `//${USER}:${PASSWORD}@`)

/** Opens, probes in vain, probes again, gives a permit back, closes; another process follows. */
async function story(path = ''): Promise<void> {
  const first = await SharedBreaker.join(upstream, { url: url() + path, lease: 0.3 }, { ttl: 0.02 })
  const second = await SharedBreaker.join(upstream, { url: url() + path })
  await first.fail()
  await second.becomes('opened')
  await first.becomes('half-opened')
  await first.fail()
  await first.becomes('half-opened')
  const probe = first.get('/hold')
  await until('the probe is under way', () => upstream.held.length === 1)
  const { evalsha = 0 } = await server.commandCounts()
  const renewed = async () => ((await server.commandCounts()).evalsha ?? 0) > evalsha
  await until('its permit was renewed', renewed)
  upstream.release(200)
  await probe
  await first.breaker.flush()
  await second.becomes('closed')
  expect([...first.losses, ...second.losses]).toEqual([])
  await first.breaker.close()
}

const log = () => server.command('ACL', 'LOG')

it('suffices for a circuit, which sends no other command', async () => {
  await allow(RULE)
  await story()
  expect(await log()).toEqual([])
  // It also sends no command that this version of Redis does not know and a later one might refuse.
  const errors = await server.command<string>('INFO', 'errorstats')
  expect([...errors.matchAll(/^errorstat_(\w+)/gm)].map(([, code]) => code)).toEqual(['NOSCRIPT'])
})

it('needs one further command for another database', async () => {
  await allow(`${RULE} +select`)
  await story('/1')
  expect(await log()).toEqual([])
  await SharedBreaker.closeAll()
  await allow(RULE)
  const client = new Redis(`${url()}/1`, { enableReadyCheck: false })
  client.on('error', () => undefined)
  for (const storage of [{ url: `${url()}/1` }, { client }]) {
    const peer = new SharedBreaker(upstream, storage)
    const error = await errorOf(peer.breaker.init())
    expect(String(error)).toMatch(/NOPERM.*'select'/)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(PASSWORD)
    await peer.fail()
  }
  client.disconnect()
  expect(await server.command('KEYS', '*')).toEqual([])
})

/** Starts, and reports a failure that opens a circuit if the permissions allow it. */
async function attempt(): Promise<void> {
  const peer = new SharedBreaker(upstream, { url: url() })
  await peer.breaker.init().catch(() => undefined)
  await peer.fail()
}

/** An error proves like a PONG that the connection lives, so Redis only logs a PING without permission. */
const NEEDED = COMMANDS.split(' ').filter((command) => command !== '+ping')

it.each(NEEDED)('needs %s', async (command) => {
  await allow(`${RULE} ${command.replace('+', '-')}`)
  await attempt()
  expect(String(await log())).toContain(`,${command.slice(1)},`)
})

it.each(['~axios-breaker/*', '&axios-breaker/events'])('needs %s', async (pattern) => {
  await allow(RULE.replace(` ${pattern}`, ''))
  await attempt()
  expect(String(await log())).toMatch(/,(?:key|channel),.*,axios-breaker\//)
})
