/** The command line without Redis, or with one that refuses: what it says, and its exit code. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../scripts/ports.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { PASSWORD, RULE, USER } from '../support/acl.js'
import { DEADLINE } from '../../lib/cli/connect.js'
import { documentOf, piped, ran, unheard, type Ended } from '../support/command-line.js'

let server: RedisServer
beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

const urlOf = (credentials: string) => server.url.replace('//', `//${credentials}@`)
const allow = (rule: string) => server.command('ACL', 'SETUSER', USER, 'reset', ...rule.split(' '))

/** Everything that is printed, on either stream. */
const said = ({ stdout, stderr }: Ended) => stdout + stderr

const ALL = [['list'], ['watch'], ['open', 'users', '--for', '1h'], ['release', 'users']]
const runAll = (url: string) => Promise.all(ALL.map((args) => ran(args, { REDIS_URL: url })))

it('every command ends with 1 at once if nothing listens on the port', async () => {
  const port = await freePort()
  const url = `redis://ann:hunter2@127.0.0.1:${port}`
  const why = `Redis at 127.0.0.1:${port} cannot be used: connect ECONNREFUSED 127.0.0.1:${port}`
  for (const { code, stdout, stderr } of await runAll(url)) {
    expect([code, stdout, stderr]).toEqual([1, '', `axios-breaker: ${why}\n`])
  }
  expect((await ran(['list'], { REDIS_URL: url })).seconds).toBeLessThan(DEADLINE)
})

it('every command ends with 1 within its deadline if Redis is frozen', async () => {
  server.freeze()
  const ended = await runAll(urlOf('ann:hunter2'))
  server.thaw()
  for (const { code, stdout, stderr, seconds } of ended) {
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/cannot be used: The server accepts connections, but does not answer\n$/)
    expect(stderr).not.toContain('hunter2')
    expect(seconds).toBeGreaterThan(DEADLINE)
    expect(seconds).toBeLessThan(3 * DEADLINE)
  }
})

it('says that the password is wrong, and shows none', async () => {
  const ended = await ran(['list'], { REDIS_URL: urlOf('ann:hunter3') })
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('WRONGPASS')
  expect(said(ended)).not.toContain('hunter3')
})

it('uses a password of --url, with a warning', async () => {
  await allow(`${RULE} +scan`)
  const ended = await ran(['list', '--url', urlOf(`${USER}:${PASSWORD}`)])
  expect(ended.code).toBe(0)
  expect(ended.stderr).toBe(
    'axios-breaker: Warning: ps shows the password in --url to other users. Set REDIS_URL instead\n',
  )
  expect(said(ended)).not.toContain(PASSWORD)
  const silent = await ran(['list'], { REDIS_URL: urlOf(`${USER}:${PASSWORD}`) })
  expect([silent.code, silent.stderr]).toEqual([0, ''])
})

it('does what it was asked though nobody reads its warning', async () => {
  await server.command('FLUSHALL')
  await allow(`${RULE} +scan`)
  const url = urlOf(`${USER}:${PASSWORD}`)
  expect(await unheard(['open', 'users', '--for', '1h', '--url', url], {})).toBe(0)
  const { circuits } = await documentOf(['list'], { REDIS_URL: url })
  expect(circuits).toMatchObject([{ circuit: 'users', state: 'opened' }])
  expect(await unheard(['show'], {})).toBe(2)
})

it('says that a disk is full, unless that is where it would say so', async () => {
  await server.command('FLUSHALL')
  const { stderr, code } = await piped(
    ['list'],
    'cat >/dev/null',
    { REDIS_URL: server.url },
    '>/dev/full',
  )
  expect([stderr, code]).toEqual([
    expect.stringMatching(/^axios-breaker: The output cannot be written: ENOSPC.*\n$/),
    1,
  ])
  const url = urlOf(`${USER}:${PASSWORD}`)
  await allow(`${RULE} +scan`)
  const force = ['open', 'users', '--for', '1h', '--url', url]
  expect((await piped(force, 'cat >/dev/null', {}, '2>/dev/full')).code).toBe(0)
  expect((await documentOf(['list'], { REDIS_URL: url })).circuits).toHaveLength(1)
})

it.each(['http://localhost', 'localhost:6379', 'redis://ann:hun/ter2@localhost', 'redis://h/x'])(
  'ends with 2 for the URL %s, which it does not show',
  async (url) => {
    const given = await ran(['list', '--url', url])
    expect(given).toMatchObject({ code: 2, stdout: '' })
    expect(given.stderr).toContain('--url: Expected a redis:// or rediss:// URL')
    const read = await ran(['list'], { REDIS_URL: url })
    expect(read.code).toBe(2)
    expect(read.stderr).toContain('REDIS_URL: Expected a redis:// or rediss:// URL')
    expect(said(given) + said(read)).not.toContain('ter2')
  },
)

it('ends with 2 for a wrong command line, and prints its help on demand', async () => {
  const env = { REDIS_URL: server.url }
  for (const args of [[], ['show'], ['open'], ['list', '--prefix', 'a b'], ['list', '--x']]) {
    const { code, stdout, stderr } = await ran(args, env)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Run axios-breaker --help')
  }
  const help = await ran(['open', '--help'])
  expect([help.code, help.stderr]).toEqual([0, ''])
  expect(help.stdout).toContain('Usage: axios-breaker COMMAND')
})

describe('a user of Redis with the documented permissions', () => {
  const env = () => ({ REDIS_URL: urlOf(`${USER}:${PASSWORD}`) })
  beforeEach(() => server.command('FLUSHALL'))

  it('needs +scan beside them for the list, and nothing else', async () => {
    await allow(`${RULE} +scan`)
    await server.command('ACL', 'LOG', 'RESET')
    expect((await ran(['open', 'users', '--for', '1h', '--by', 'ann'], env())).code).toBe(0)
    const { isComplete, circuits } = await documentOf(['list'], env())
    expect(isComplete).toBe(true)
    expect(circuits).toMatchObject([{ circuit: 'users', forced: { by: 'ann' } }])
    expect((await ran(['release', 'users'], env())).code).toBe(0)
    expect(await server.command('ACL', 'LOG')).toEqual([])
  })

  it('sees without +scan what is missing, and the forced circuits', async () => {
    await allow(RULE)
    await ran(['open', 'users', '--for', '1h', '--by', 'ann'], env())
    const { code, stdout, stderr } = await ran(['list'], env())
    expect(code).toBe(0)
    expect(stdout).toMatch(/^users +opened +open by ann \(ends in (?:1h|59m\d+s)\)$/m)
    expect(stderr).toMatch(
      /^axios-breaker: Only forced circuits are shown.* \+scan \(NOPERM .*\)\n$/,
    )
    expect(await documentOf(['list'], env())).toMatchObject({ isComplete: false })
  })

  it.each(['+evalsha', '+subscribe', '~axios-breaker/*'])('needs %s for anything', async (part) => {
    await allow(`${RULE} +scan`.replace(` ${part}`, ''))
    const { code, stderr } = await ran(['list'], env())
    expect([code, stderr]).toEqual([1, expect.stringMatching(/NOPERM|No permissions/)])
  })
})

it('shows the forced circuits of a server that has no command to list keys', async () => {
  const bare = await RedisServer.start({ config: ['rename-command SCAN ""'] })
  try {
    const env = { REDIS_URL: bare.url }
    await ran(['open', 'users', '--for', '1h', '--by', 'ann'], env)
    const { code, stdout, stderr } = await ran(['list'], env)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^users +opened +open by ann/m)])
    expect(stderr).toMatch(/^axios-breaker: Only forced circuits are shown.* \(ERR unknown command/)
  } finally {
    await bare.stop()
  }
})

it('reads a Redis behind TLS whose authority is trusted', async () => {
  const secure = await RedisServer.start({ tls: true })
  const folder = await mkdtemp(join(tmpdir(), 'authority-'))
  try {
    const file = join(folder, 'ca.crt')
    await writeFile(file, secure.ca as string)
    const trusting = { REDIS_URL: secure.url, NODE_EXTRA_CA_CERTS: file }
    expect(await documentOf(['list'], trusting)).toMatchObject({ circuits: [] })
    const doubting = await ran(['list'], { REDIS_URL: secure.url })
    expect([doubting.code, doubting.stderr]).toEqual([1, expect.stringContaining('certificate')])
    const plain = await ran(['list'], { REDIS_URL: secure.url.replace('rediss', 'redis') })
    expect([plain.code, plain.stderr]).toEqual([1, expect.stringContaining('use rediss://')])
  } finally {
    await secure.stop()
    await rm(folder, { recursive: true })
  }
})

it('escapes what a server says', async () => {
  const liar = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write('-ERR \u001B[2J\u009B31mgone\r\n'))
  })
  liar.listen(0, '127.0.0.1')
  await once(liar, 'listening')
  const { port } = Object(liar.address()) as { port: number }
  const { code, stderr } = await ran(['list'], { REDIS_URL: `redis://127.0.0.1:${port}` })
  liar.close()
  expect(code).toBe(1)
  expect(stderr).toContain('gone')
  expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
