/** No message that somebody else publishes on the channel changes a circuit. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { createClient } from 'redis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

const CHANNEL = 'axios-breaker/events'
const NAMES = ['users', 'orders', '__proto__', 'constructor', 'untouched', 'barrier']
/** What a process reads: each circuit, and the list of forced ones. */
const ALL = NAMES.length + 1
const HUGE = ['9007199254740991', '9007199254740993', '9999999999999999', '99999999999999999']
const RUNS = Number(process.env.RUNS ?? 100)

let upstream: Upstream
let server: RedisServer
let publisher: ReturnType<typeof createClient>
/** The messages that the fleet itself published. */
let recorded: string[]
let actor: SharedBreaker
let witness: SharedBreaker
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
  publisher = createClient({ url: server.url })
  await publisher.connect()
})
afterAll(async () => {
  publisher.destroy()
  await Promise.all([upstream.stop(), server.stop()])
})
beforeEach(async () => {
  await server.command('FLUSHALL')
  recorded = []
  const recorder = publisher.duplicate()
  await recorder.connect()
  await recorder.subscribe(CHANNEL, (message) => recorded.push(message))
  actor = await SharedBreaker.join(upstream, { url: server.url }, { ttl: 0.02, names: NAMES })
  witness = await SharedBreaker.join(upstream, { url: server.url }, { names: NAMES })
  await live()
  recorder.destroy()
})
afterEach(() => SharedBreaker.closeAll())

/** Runs through every kind of transition. In the end "users" is closed and "orders" opened. */
async function live(): Promise<void> {
  for (const name of ['users', 'orders', '__proto__', 'constructor']) {
    await actor.fail(name)
    await actor.becomes('half-opened', name)
    await actor.fail(name)
    await actor.becomes('half-opened', name)
    await actor.succeed(name)
    await witness.becomes('closed', name)
  }
  await actor.fail('orders')
  await witness.becomes('opened', 'orders')
  await until('all is recorded', () => recorded.length === 21)
}

/** Waits until a later message has arrived, and so all before it: messages keep their order. */
async function arrived(): Promise<void> {
  // A failure during a stall of this process does not count as evidence, so fail until the others know.
  await until('barrier is opened', async () => {
    await actor.fail('barrier')
    return witness.breaker.circuit('barrier')?.state === 'opened'
  })
  await witness.breaker.flush()
  await actor.becomes('half-opened', 'barrier')
  await actor.succeed('barrier')
  await witness.becomes('closed', 'barrier')
  await witness.breaker.flush()
}

/** The state and the events of the witness, without the barrier. */
function testimony(): unknown {
  const circuits = witness.breaker.circuits.map(({ name, state, failureCount }) => [
    name,
    state,
    failureCount,
  ])
  const moves = witness.moves.filter(({ circuit }) => circuit !== 'barrier')
  return { circuits, moves, losses: witness.losses, isUp: witness.breaker.storageUp }
}

async function publish(messages: readonly (string | Buffer)[]): Promise<void> {
  await Promise.all(messages.map((message) => publisher.publish(CHANNEL, message)))
}

/** Compares the witness after these messages with the witness before. */
async function compare(messages: readonly (string | Buffer)[]): Promise<readonly unknown[]> {
  const before = testimony()
  await publish(messages)
  await arrived()
  return [testimony(), before]
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
const secretOf = (name: string) =>
  server.command<string | null>('HGET', `axios-breaker/${name}`, 'secret')

/** The body of a message in the format of this release. */
const FIELDS = {
  version: 1,
  epoch: 1,
  state: 'closed',
  failures: 0,
  openedFor: 0,
  heldFor: 0,
  reason: '/',
  time: 1,
  process: 'somebody',
  circuit: 'orders',
}

const withSignature = (signature: string, body: string): string => `2|${signature}|${body}`
const signed = (body: string, secret: unknown): string => withSignature(sha1(`${String(secret)}|${body}`), body) // prettier-ignore

/** Numbers as text, because some exceed a double. */
function bodyOf(fields: object): string {
  const texts = Object.entries({ ...FIELDS, ...fields }).map(([name, value]) => {
    const isNumber = typeof value === 'string' && HUGE.includes(value)
    return `${JSON.stringify(name)}:${isNumber ? value : JSON.stringify(value)}`
  })
  return `{${texts.join(',')}}`
}

/** Acts like a process of a later release, whose message has its own format. */
async function openUnheard(name: string): Promise<void> {
  const version = String(Date.now() * 1000 + 1e6)
  const fields = { version, epoch: version, opened: version, state: 'opened', secret: 'another' }
  await server.command('HSET', `axios-breaker/${name}`, ...Object.entries(fields).flat())
}

it('an earlier message, repeated', async () => {
  const [after, before] = await compare([...recorded, ...recorded])
  expect(after).toEqual(before)
})

it('earlier messages in another order', async () => {
  const [after, before] = await compare([...recorded.toReversed(), ...recorded.toSorted()])
  expect(after).toEqual(before)
})

describe('a message that was recorded days ago', () => {
  const ago = Date.now() * 1000 - 2 * 86_400e6
  const old = { version: ago, epoch: ago, time: ago }

  it.each(['closed', 'half-opened'])('and says %s', async (state) => {
    const secret = await secretOf('orders')
    const [after, before] = await compare([signed(bodyOf({ ...old, state }), secret)])
    expect(after).toEqual(before)
  })

  it('makes its circuit be read: the clock of Redis may have been set back', async () => {
    const secret = await secretOf('users')
    await openUnheard('users')
    await publish([signed(bodyOf({ ...old, circuit: 'users' }), secret)])
    await witness.becomes('opened', 'users')
    expect(witness.losses).toEqual([])
  })
})

it('a message about one circuit, in the name of another', async () => {
  const renamed = recorded.flatMap((message) =>
    NAMES.map((name) => message.replace(/"circuit":"[^"]*"/, `"circuit":"${name}"`)),
  )
  const [after, before] = await compare(renamed)
  expect(after).toEqual(before)
})

it('a newer message with a wrong signature', async () => {
  const secret = await secretOf('orders')
  const forged = HUGE.flatMap((version) =>
    ['closed', 'opened', 'half-opened'].flatMap((state) =>
      NAMES.flatMap((circuit) => {
        const body = bodyOf({ version, epoch: version, state, failures: 9, circuit })
        const wrong = [sha1(body), 'f'.repeat(40), '', 'nonsense'].map((s) => withSignature(s, body)) // prettier-ignore
        const others = circuit === 'orders' ? [] : [signed(body, secret)]
        return [body, ...wrong, ...others, signed(body, ''), signed(body, undefined)]
      }),
    ),
  )
  const [after, before] = await compare(forged)
  expect(after).toEqual(before)
})

const [DOUBLE = '', BEYOND = ''] = HUGE
const NO_MESSAGES: Readonly<Record<string, string>> = {
  nothing: '',
  'a name': 'orders',
  'no object': '"orders"',
  null: 'null',
  'a list': '[]',
  'an object without fields': '{}',
  'what is no JSON': bodyOf({ version: DOUBLE }).slice(0, -1),
  'a version that is no double': bodyOf({ version: BEYOND }),
  'an infinite version': bodyOf({ version: DOUBLE }).replace(DOUBLE, '1e999'),
  'a negative version': bodyOf({ version: -1 }),
  'a fraction of a version': bodyOf({ version: 1.5 }),
  'a version that is a text': bodyOf({ version: '1' }),
  'a version that is a list': bodyOf({ version: [1] }),
  'an unknown state': bodyOf({ version: DOUBLE, epoch: DOUBLE, state: 'broken' }),
  'no state': bodyOf({ version: DOUBLE, state: undefined }).replace('"state":undefined,', ''),
  'no circuit': bodyOf({ version: DOUBLE, circuit: 7 }),
  'a process with a space': bodyOf({ version: DOUBLE, process: 'x y' }),
  'a reason that is no code': bodyOf({ version: DOUBLE, reason: 'a b/500' }),
  'something before it': `x${bodyOf({ version: DOUBLE })}`,
}

it('a signed text that is not a message', async () => {
  const secret = await secretOf('orders')
  const messages = Object.values(NO_MESSAGES).map((body) => signed(body, secret))
  const [after, before] = await compare(messages)
  expect(after).toEqual(before)
})

describe('a message that this release cannot read', () => {
  const real = () => recorded.at(-1) ?? ''
  const UNREADABLE: Readonly<Record<string, () => string>> = {
    'a later format': () => real().replace(/^2/, '3'),
    'a later format of another shape': () => '17;{orders',
    'an earlier format': () => real().replace(/^2[|]/, ''),
    'another program': () => 'PING',
    'a message that is too long': () => signed(bodyOf({ circuit: 'x'.repeat(1e6) }), 'secret'),
    ...Object.fromEntries(
      Object.entries(NO_MESSAGES).map(([what, body]) => [what, () => signed(body, 'secret')]),
    ),
  }

  it.each(Object.entries(UNREADABLE))('%s makes all circuits be read', async (_what, message) => {
    await openUnheard('users')
    await openUnheard('untouched')
    await publish([message()])
    await Promise.all(['users', 'untouched'].map((name) => witness.becomes('opened', name)))
    expect(witness.losses).toEqual([])
  })

  it('a second one soon after the reading is answered by another reading after the pause', async () => {
    await server.command('CONFIG', 'RESETSTAT')
    await publish(['PING'])
    const isRead = async () => (await server.commandCounts()).evalsha === 2 * ALL
    await until('both have read all circuits', isRead)
    await openUnheard('users')
    await publish(['PING'])
    await witness.becomes('opened', 'users')
  })

  it('a flood of them costs one reading of all circuits per second', async () => {
    await SharedBreaker.closeAll()
    witness = await SharedBreaker.join(upstream, { url: server.url }, { names: NAMES })
    await server.command('CONFIG', 'RESETSTAT')
    const start = performance.now()
    while (performance.now() - start < 2500) await publish(Array.from({ length: 200 }, () => 'PING')) // prettier-ignore
    const seconds = (performance.now() - start) / 1000
    const { evalsha = 0 } = await server.commandCounts()
    // There is one reading at once, and one for each second that has begun since.
    expect(evalsha).toBeLessThanOrEqual(ALL * Math.ceil(seconds + 1))
    expect(evalsha).toBeGreaterThanOrEqual(ALL * 2)
    expect(witness.breaker.storageUp).toBe(true)
  })
})

it('a message with fields that a later release added, which are ignored', async () => {
  const secret = await secretOf('orders')
  const [, body = ''] = /^2[|]\w+[|](.*)$/.exec(recorded.at(-1) ?? '') ?? []
  const { version, ...fields } = JSON.parse(body) as typeof FIELDS
  const later = { added: { more: [1] }, ...fields, version: version + 1, epoch: version + 1, state: 'closed' } // prettier-ignore
  await server.command('CONFIG', 'RESETSTAT')
  await publish([signed(JSON.stringify(later), secret)])
  await witness.becomes('closed', 'orders')
  expect(await server.commandCounts()).not.toHaveProperty('evalsha')
})

it('names of unknown circuits, and names of built-in properties', async () => {
  const names = [
    'nobody',
    'toString',
    'hasOwnProperty',
    '__proto__',
    'constructor',
    'x'.repeat(1e6),
  ]
  const [after, before] = await compare(
    names.map((circuit) => withSignature('0'.repeat(40), bodyOf({ state: 'opened', circuit }))),
  )
  expect(after).toEqual(before)
})

it('garbage', async () => {
  const bytes = Array.from({ length: 50 }, (_, i) =>
    Buffer.from(Array.from({ length: i * 7 }, (__, j) => (i * 31 + j * j * 17) % 256)),
  )
  const [after, before] = await compare([
    '',
    '|',
    'x'.repeat(1e6),
    '{"__proto__":{"state":"opened"}}',
    ...bytes,
  ])
  expect(after).toEqual(before)
})

it('a flood of forgeries, which costs one read at a time', async () => {
  await server.command('CONFIG', 'RESETSTAT')
  const message = withSignature('0'.repeat(40), bodyOf({ version: DOUBLE, epoch: DOUBLE }))
  const [after, before] = await compare(Array.from({ length: 2000 }, () => message))
  expect(after).toEqual(before)
  const { evalsha } = await server.commandCounts()
  expect(evalsha).toBeLessThan(500)
})

describe('a forgery from the future does not hide that a later message is missed', () => {
  const version = () => String(Date.now() * 1000 + 1e6)
  const cases: [string, object, () => Promise<unknown>][] = [
    [
      'a circuit',
      { circuit: 'users', version: DOUBLE, epoch: DOUBLE },
      () => server.command('HSET', 'axios-breaker/users', 'version', version(), 'epoch', version()),
    ],
    [
      'the list of forced circuits',
      { circuit: '', forces: DOUBLE },
      () => server.command('HSET', 'axios-breaker/', 'forcesVersion', version(), 'forces', '[]'),
    ],
  ]
  it.each(cases)('about %s', async (_, fields, change) => {
    const forgery = withSignature('0'.repeat(40), bodyOf(fields))
    await publish([forgery])
    await arrived()
    await server.command('CONFIG', 'RESETSTAT')
    // Nothing is published of this. The next forgery makes the processes read it.
    await change()
    await publish([forgery])
    const isChecked = async () => ((await server.commandCounts()).ping ?? 0) > 0
    await until('the connection for messages is checked', isChecked, 10)
  })
})

it(`random changes of real messages (RUNS sets their number)`, async () => {
  const before = testimony()
  const real = fc.constantFrom(...recorded)
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...HUGE, ...NAMES, '|', '0', 'opened', 'closed', 'half-opened'),
  )
  const cut = fc
    .tuple(real, fc.nat(200), fc.nat(60), piece)
    .map(([text, at, count, other]) => text.slice(0, at) + other + text.slice(at + count))
  const field = fc.tuple(real, fc.nat(9), piece).map(([text, index, other]) =>
    text
      .split('|')
      .with(Math.min(index, text.split('|').length - 1), other)
      .join('|'),
  )
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
  const message = fc.oneof(real, cut, field, piece, bytes)
  const run = fc.asyncProperty(fc.array(message, { maxLength: 30 }), async (messages) => {
    await publish(messages)
    await arrived()
    expect(testimony()).toEqual(before)
  })
  await fc.assert(run, { numRuns: Math.ceil(RUNS / 4) })
})
