/** What an open page finds that no event reports, and how little it reads. */
import type { ObservedBreaker, ObservedCircuit } from '../../lib/observe/observed.js'
import { statusPage } from '../../lib/status-page/index.js'
import { EventStream } from '../support/event-stream.js'
import { Host } from '../support/hosted.js'
import { until } from '../support/until.js'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).toReversed()) await clean()
})

const CLOSED = { name: 'users', state: 'closed', failureCount: 0, retryAfter: 0 } as const

/** An open page over circuits that publish no events. */
async function opened(circuit: ObservedCircuit): Promise<EventStream> {
  const breaker: ObservedBreaker = {
    circuits: [circuit],
    circuit: () => circuit,
    storageUp: undefined,
    on: () => () => undefined,
  }
  const page = statusPage(breaker, { heartbeat: 0.05 })
  const host = await Host.start(page)
  cleanUp.push(
    () => host.stop(),
    () => page.close(),
  )
  const stream = await EventStream.open(host.url)
  cleanUp.push(() => stream.close())
  await until('the whole content has arrived', () => stream.messages.length > 0)
  return stream
}

/** Waits for twenty looks at the circuits. */
async function looks(stream: EventStream): Promise<void> {
  const before = stream.heartbeats
  await until('it has looked', () => stream.heartbeats >= before + 20)
}

it.each<Partial<ObservedCircuit>>([
  {},
  { window: 60, failureRate: { requests: 0, failures: 0, rate: 0 } },
  { window: { requests: 10 }, failureRate: { requests: 3, failures: 1, rate: 1 / 3 } },
])('reads little of a circuit in which no time runs: %j', async (more) => {
  let reads = 0
  const circuit: ObservedCircuit = {
    ...CLOSED,
    ...more,
    get round() {
      reads += 1
      return 0
    },
  }
  const stream = await opened(circuit)
  const before = reads
  await looks(stream)
  expect(reads).toBe(before)
})

const RATE = { requests: 2, failures: 1, rate: 0.5 }

it.each<[string, Partial<ObservedCircuit>, Partial<ObservedCircuit>]>([
  ['the fleet has counted a failure', {}, { failureCount: 1 }],
  ['the fleet has reopened it', { state: 'opened', retryAfter: 1 }, { retryAfter: 9 }],
  ['its ttl has passed', { state: 'opened' }, { state: 'half-opened' }],
  ['its force has ended', { forced: { state: 'closed', endsIn: 1 } }, { forced: undefined }],
  [
    'requests have left its window',
    { window: 60, failureRate: RATE },
    { failureRate: { requests: 1, failures: 0, rate: 0 } },
  ],
  [
    'the last request has left its window',
    { window: 60, failureRate: RATE },
    { failureRate: { requests: 0, failures: 0, rate: 0 } },
  ],
])('finds that %s', async (_, before, after) => {
  const circuit = { ...CLOSED, ...before }
  const stream = await opened(circuit)
  await looks(stream)
  const heard = stream.messages.length
  Object.assign(circuit, after)
  await until('it has arrived', () => stream.messages.length > heard)
  expect(stream.last?.data.rows.map(([id]) => id)).toEqual(['circuit-1'])
})
