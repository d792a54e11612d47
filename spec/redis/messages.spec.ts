/** Whatever is published on the channel, by whomever, changes no circuit. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { createClient } from 'redis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { Sharer } from '../support/sharer.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

const CHANNEL = 'axios-breaker/events'
const NAMES = ['users', 'orders', '__proto__', 'constructor', 'untouched', 'barrier']
const HUGE = ['9007199254740991', '9007199254740993', '9999999999999999', '99999999999999999']
const RUNS = Number(process.env.RUNS ?? 100)

let upstream: Upstream
let server: RedisServer
let publisher: ReturnType<typeof createClient>
/** What the fleet itself has published. */
let recorded: string[]
let actor: Sharer
let witness: Sharer
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
  actor = await Sharer.join(upstream, { url: server.url }, { ttl: 0.02, names: NAMES })
  witness = await Sharer.join(upstream, { url: server.url }, { names: NAMES })
  await live()
  recorder.destroy()
})
afterEach(() => Sharer.closeAll())

/** A life of each kind of transition, after which users is closed, and orders opened. */
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

/** All that was published is heard once a later message is: messages come in their order. */
async function heard(): Promise<void> {
  // A failure across a stall of this process is no evidence for the others: it fails until they have heard.
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

/** What the witness thinks, and was told, without the barrier. */
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

/** What the witness thinks after it has heard these, beside what it thought before. */
async function hearing(messages: readonly (string | Buffer)[]): Promise<readonly unknown[]> {
  const before = testimony()
  await publish(messages)
  await heard()
  return [testimony(), before]
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
const secretOf = (name: string) => server.command('HGET', `axios-breaker/${name}`, 'secret')
const signed = (message: string, secret: unknown): string => `${sha1(`${String(secret)}|${message}`)}|${message}` // prettier-ignore

it('what was published before, again', async () => {
  const [after, before] = await hearing([...recorded, ...recorded])
  expect(after).toEqual(before)
})

it('what was published before, in another order', async () => {
  const [after, before] = await hearing([...recorded.toReversed(), ...recorded.toSorted()])
  expect(after).toEqual(before)
})

it('what was published of one circuit, in the name of another', async () => {
  const renamed = recorded.flatMap((message) =>
    NAMES.map((name) => message.replace(/[^|]*$/, name)),
  )
  const [after, before] = await hearing(renamed)
  expect(after).toEqual(before)
})

it('what is newer, but not signed as it should be', async () => {
  const secret = await secretOf('orders')
  const forged = HUGE.flatMap((version) =>
    ['closed', 'opened', 'half-opened'].flatMap((state) =>
      NAMES.flatMap((name) => {
        const message = `${version}|${version}|${state}|9|0|${version}|somebody|${name}`
        const wrong = [sha1(message), 'f'.repeat(40), '', 'nonsense'].map((s) => `${s}|${message}`)
        const others = name === 'orders' ? [] : [signed(message, secret)]
        return [message, ...wrong, ...others, signed(message, ''), signed(message, undefined)]
      }),
    ),
  )
  const [after, before] = await hearing(forged)
  expect(after).toEqual(before)
})

it('what is signed, but no message', async () => {
  const secret = await secretOf('orders')
  const bodies = [
    '',
    'orders',
    '|||||||orders',
    `${HUGE[3]}|1|closed|0|0|0|x|orders`,
    '1e300|1|closed|0|0|0|x|orders',
    '-1|1|closed|0|0|0|x|orders',
    'NaN|NaN|closed|0|0|0|x|orders',
    `${HUGE[0]}|${HUGE[0]}|broken|0|0|0|x|orders`,
    `${HUGE[0]}|${HUGE[0]}|closed|0|0|0|x|`,
    `${HUGE[0]}|${HUGE[0]}|closed|0|0|0|x y|orders`,
    `${HUGE[0]}|${HUGE[0]}|closed|0|0|0|orders`,
    `\n${HUGE[0]}|${HUGE[0]}|closed|0|0|0|x|orders`,
  ]
  const [after, before] = await hearing(bodies.map((body) => signed(body, secret)))
  expect(after).toEqual(before)
})

it('names that no circuit has, or that objects have of themselves', async () => {
  const names = [
    'nobody',
    'toString',
    'hasOwnProperty',
    '__proto__',
    'constructor',
    'x'.repeat(1e6),
  ]
  const [after, before] = await hearing(
    names.map((name) => `${'0'.repeat(40)}|9|9|opened|9|0|0|somebody|${name}`),
  )
  expect(after).toEqual(before)
})

it('garbage', async () => {
  const bytes = Array.from({ length: 50 }, (_, i) =>
    Buffer.from(Array.from({ length: i * 7 }, (__, j) => (i * 31 + j * j * 17) % 256)),
  )
  const [after, before] = await hearing([
    '',
    '|',
    'x'.repeat(1e6),
    '{"__proto__":{"state":"opened"}}',
    ...bytes,
  ])
  expect(after).toEqual(before)
})

it('a flood of forgeries, which costs a read at a time', async () => {
  await server.command('CONFIG', 'RESETSTAT')
  const message = `${'0'.repeat(40)}|${HUGE[0]}|${HUGE[0]}|closed|0|0|0|somebody|orders`
  const [after, before] = await hearing(Array.from({ length: 2000 }, () => message))
  expect(after).toEqual(before)
  const { evalsha } = await server.commandCounts()
  expect(evalsha).toBeLessThan(500)
})

it(`random changes of real messages: RUNS says how many`, async () => {
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
    await heard()
    expect(testimony()).toEqual(before)
  })
  await fc.assert(run, { numRuns: Math.ceil(RUNS / 4) })
})
