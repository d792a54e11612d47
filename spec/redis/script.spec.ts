/** What the script keeps and answers beyond the contract, and what no process sees. */
import { createClient } from 'redis'
import { parseMessage, type Message } from '../../lib/redis/message.js'
import { SCRIPT } from '../../lib/redis/script.js'
import { argumentsOf, parseReply, TEST_READ, type Reply } from '../../lib/redis/wire.js'
import type { Command, Question } from '../../lib/storage/contract.js'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { until } from '../support/until.js'

const KEY = 'axios-breaker/users'
const CHANNEL = 'axios-breaker/events'
const FAILURE = { op: 'report', evidence: { failures: 1, age: 0 } } as const
/** The secret that the caller sends, and the one with which a circuit that has a key would sign. */
const [MINE, ANOTHER] = ['mine', 'another']

let server: RedisServer
let admin: Awaited<ReturnType<typeof connect>>
const connect = () => createClient({ url: server.url }).connect()
beforeAll(async () => {
  server = await RedisServer.start()
  admin = await connect()
})
beforeEach(() => admin.flushAll())
afterAll(async () => {
  admin.destroy()
  await server.stop()
})

type Given = Partial<Question> & {
  readonly secret?: string
  readonly needsWrites?: boolean
  readonly expires?: number
}

async function ask(
  command: Command,
  { secret = MINE, needsWrites = false, expires = 0, ...given }: Given = {},
): Promise<Reply> {
  const question: Question = {
    ...TEST_READ,
    circuit: 'users',
    process: 'one',
    ...given,
    ...command,
  }
  const envelope = { channel: CHANNEL, secret, expires, needsWrites }
  const args = argumentsOf({ ...question, reporter: 'one' }, envelope)
  return parseReply(await admin.eval(SCRIPT, { keys: [KEY], arguments: args }))
}

/** The message that this causes. */
async function messageOf(cause: () => Promise<unknown>): Promise<Message | undefined> {
  const received: string[] = []
  const listener = await connect()
  await listener.subscribe(CHANNEL, (text) => received.push(text))
  await cause()
  await until('a message has arrived', () => received.length === 1)
  listener.destroy()
  return parseMessage(received[0])
}

/** Seconds, of which less than one has passed since. */
const life = async () => Math.ceil((await admin.pTTL(KEY)) / 1000)
const kept = (field: string) => admin.hGet(KEY, field)

describe('the secret', () => {
  it('is empty without a key', async () => {
    expect((await ask({ op: 'read' })).secret).toBe('')
    expect(await admin.exists(KEY)).toBe(0)
  })

  it('is the one of the first write, and stays the same whatever later writes send', async () => {
    // The circuit stays closed, so each failure writes the hash.
    const terms = { ...TEST_READ.terms, opening: { threshold: 9 } }
    expect((await ask(FAILURE, { terms })).secret).toBe(MINE)
    expect((await ask({ op: 'read' }, { secret: ANOTHER })).secret).toBe(MINE)
    const later = await ask(FAILURE, { terms, secret: ANOTHER, process: 'two' })
    expect(later).toMatchObject({ secret: MINE, answer: { granted: true, failureCount: 2 } })
    expect(await kept('secret')).toBe(MINE)
  })

  it.each([
    ['is missing', undefined],
    ['is too long to be one', 'x'.repeat(65)],
  ])('is replaced by what the next to write brings if it %s', async (_what, secret) => {
    await admin.hSet(KEY, { state: 'closed', ...(secret && { secret }) })
    expect((await ask(FAILURE)).secret).toBe(MINE)
    expect(await kept('secret')).toBe(MINE)
  })

  it.each(['mine', '"', '\\', '|', '\n', '\0', 'ä'])(
    'is answered as it is kept: %j',
    async (secret) => {
      await admin.hSet(KEY, { secret })
      expect((await ask({ op: 'read' })).secret).toBe(secret)
    },
  )

  it('signs the messages', async () => {
    await admin.hSet(KEY, { secret: ANOTHER })
    const message = await messageOf(() => ask(FAILURE))
    expect(message).toMatchObject({ circuit: 'users', process: 'one' })
    expect(message?.isSignedWith(ANOTHER)).toBe(true)
    expect(message?.isSignedWith(MINE)).toBe(false)
  })
})

describe('a question for a permit of a circuit that Redis has forgotten', () => {
  const acquire = { op: 'acquire', token: 't' } as const
  const known = {
    ...TEST_READ.known,
    version: 1,
    epoch: 1,
    state: 'opened',
    openedFor: 1000,
  } as const

  it('restores the outage, however old it is', async () => {
    expect((await ask(acquire, { known })).answer).toMatchObject({ state: 'half-opened' })
    expect(await kept('state')).toBe('half-opened')
  })

  it('restores nothing if it is late: its process has gone on without it', async () => {
    await ask(acquire, { known, expires: 1 })
    expect(await admin.exists(KEY)).toBe(0)
  })
})

describe('a name', () => {
  it.each([
    ['quotes', 'a"b'],
    ['backslashes', 'a\\b'],
    ['bars', 'a|b'],
    ['control characters', 'a\n\0b'],
    ['letters of any script', 'ä🐸\u2028'],
    ['braces', '}'],
    ['ten thousand letters', 'x'.repeat(10_000)],
  ])('is published as it is, with %s', async (_what, circuit) => {
    expect(await messageOf(() => ask(FAILURE, { circuit }))).toMatchObject({ circuit })
  })

  it('can hold bytes that are not valid text', async () => {
    expect((await ask(FAILURE, { circuit: 'a\ud800b' })).answer.state).toBe('opened')
  })
})

describe('numbers', () => {
  it('reach the script and come back in full', async () => {
    const { time } = await ask({ op: 'read' })
    const version = Math.floor(time * 1e6) - 123_456
    const known = { ...TEST_READ.known, version, epoch: version }
    await ask(FAILURE, { known, terms: { ...TEST_READ.terms, opening: { threshold: 1e15 } } })
    expect(await kept('epoch')).toBe(String(version))
    expect((await ask({ op: 'read' })).answer.epoch).toBe(version)
  })

  it.each(['-1', '-1e9', '1e300', 'inf', 'nan', '9007199254740993', 'x', ''])(
    'count as 0 if they are not numbers: %j',
    async (text) => {
      const fields = { version: text, epoch: text, failures: text, opened: text }
      await admin.hSet(KEY, { ...fields, state: 'opened' })
      const { answer } = await ask({ op: 'read' })
      expect(answer).toMatchObject({ version: 0, epoch: 0, failureCount: 0, state: 'opened' })
    },
  )

  it('lose their fractions', async () => {
    await admin.hSet(KEY, { version: '1.5', epoch: '1.5', failures: '2.5', state: 'opened' })
    const { answer } = await ask({ op: 'read' })
    expect(answer).toMatchObject({ version: 1, epoch: 1, failureCount: 2 })
  })
})

it("uses Redis's clock", async () => {
  const clock = async () => {
    const [seconds, microseconds] = await admin.time()
    return Number(seconds) + Number(microseconds) / 1e6
  }
  const before = await clock()
  const { time } = await ask({ op: 'read' })
  expect(time).toBeGreaterThanOrEqual(before)
  expect(time).toBeLessThanOrEqual(await clock())
})

it('shares an outage even if the reporter may not publish', async () => {
  await server.command('ACL', 'SETUSER', 'default', '-publish')
  try {
    expect((await ask(FAILURE)).answer.state).toBe('opened')
    expect((await ask({ op: 'read' })).answer.state).toBe('opened')
  } finally {
    await server.command('ACL', 'SETUSER', 'default', '+publish')
  }
})

it('keeps a closed circuit for a minute, and an outage longer by twice its ttl and lease', async () => {
  await ask(FAILURE, { terms: { ...TEST_READ.terms, opening: { threshold: 2 } } })
  expect(await life()).toBe(60)
  await ask(FAILURE, { terms: { ...TEST_READ.terms, ttl: 3600, lease: 10 } })
  expect(await life()).toBe(60 + 2 * 3610)
})

it('keeps suspicious failures for two windows, because a thin fleet may not add to them any sooner', async () => {
  const failureRate = { threshold: 0.5, window: 600, minimumRequests: 10 }
  const terms = { ...TEST_READ.terms, opening: { threshold: 9, failureRate } }
  const window = { requests: 1, failures: 1, fresh: 1, poll: 0 }
  await ask({ op: 'report', evidence: { age: 0, window } }, { terms })
  expect(await life()).toBe(2 * 600)
})

it('can be read on a replica, which refuses writes', async () => {
  await ask(FAILURE)
  await server.command('REPLICAOF', '127.0.0.1', '1')
  try {
    expect((await ask({ op: 'read' })).answer.state).toBe('opened')
    await expect(ask({ op: 'read' }, { needsWrites: true })).rejects.toThrow('READONLY')
  } finally {
    await server.command('REPLICAOF', 'NO', 'ONE')
  }
})

it('publishes that a permit was given back', async () => {
  const terms = { ...TEST_READ.terms, ttl: 0 }
  await ask(FAILURE, { terms })
  const probe = { token: 'probe' }
  await ask({ op: 'acquire', ...probe }, { terms })
  const received = await messageOf(() =>
    ask({ op: 'settle', outcome: 'ignored', ...probe }, { terms }),
  )
  expect(received).toMatchObject({ snapshot: { state: 'half-opened', heldFor: 0 } })
})

it('keeps sums within the range of a double', async () => {
  const now = Math.floor((await ask({ op: 'read' })).time * 1e6)
  const huge = Number.MAX_SAFE_INTEGER
  const entry = (name: string) => `${name},${name},${huge},${now};`
  await admin.hSet(KEY, { state: 'closed', streaks: ['a', 'b', 'c'].map(entry).join('') })
  expect((await ask({ op: 'read' })).answer.failureCount).toBe(huge)
})
