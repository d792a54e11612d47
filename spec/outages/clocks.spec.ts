/**
 * Clocks may be wrong: the wall clocks of processes are not read, and of Redis's clock only the pace counts.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { until } from '../support/until.js'
import type { Worker } from '../support/worker.js'
import { LoadedFleet, KEY, TTL } from './fleet.js'

const LONG = 40_000
const HOUR = 3600
/** Deadlines that a busy machine does not miss: Redis is healthy here. */
const PATIENT = { permitDeadline: 2, commandDeadline: 5 }

let redis: RedisServer
let fleet: LoadedFleet
beforeAll(async () => {
  redis = await RedisServer.start()
}, LONG)
afterAll(() => redis.stop())
beforeEach(() => redis.command('FLUSHALL'))

/**
 * The page and the command line show a time to a person. The pulse compares the clock with itself half a second ago.
 * The library's clock uses a `Date` that a test has put in place of the real one. And a `Retry-After` that is a date
 * is compared with the answer's own date, without a clock.
 */
const READERS =
  /^(?:axios\/retry-after\.ts$|status-page\/|cli\/reports\.ts$|internal\/clock\.ts$|fleet\/pulse\.ts$)/

it('only these files of lib read the wall clock', () => {
  const lib = resolve(__dirname, '../../lib')
  const files = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((name) => name.endsWith('.ts') && !READERS.test(name))
  expect(sources.length).toBeGreaterThan(30)
  for (const name of sources) {
    const source = readFileSync(join(lib, name), 'utf8')
    expect(`${name}: ${source}`).not.toMatch(/\bDate\b|timeOrigin|\bTemporal\b/)
  }
})

/** Sets a process's clock forward, whichever way a script reads it. */
function ahead(seconds: number): readonly string[] {
  const script = `const { now } = Date
globalThis.Date = class extends Date {
  constructor(...args) { super(...(args.length > 0 ? args : [Date.now()])) }
  static now() { return now() + ${seconds * 1000} }
}`
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
}

describe('clocks of processes', () => {
  afterEach(() => fleet.stop())

  it(
    'processes whose clocks differ by an hour open, probe and close as one',
    async () => {
      const storage = { ...PATIENT, url: redis.url }
      fleet = await LoadedFleet.start({ size: 2, storage })
      for (const seconds of [HOUR, -HOUR]) {
        const [worker] = await fleet.enter({ storage, execArgv: ahead(seconds) })
        const date = Number(await worker?.call('date'))
        expect(Math.abs(date - Date.now() - seconds * 1000)).toBeLessThan(60_000)
      }
      await fleet.break()
      expect(await fleet.probesTogether(5)).toEqual([])
      const states = await fleet.each((worker) => worker.call<{ retryAfter: number }>('state'))
      for (const { retryAfter } of states) expect(retryAfter).toBeLessThanOrEqual(TTL)
      await fleet.recover()
      const origins = await fleet.each(async (worker) =>
        (await worker.eventsNamed('stateChanged')).at(-1),
      )
      expect(origins.filter((change) => change?.origin === 'local')).toHaveLength(1)
      expect(await fleet.harm()).toMatchObject({ other: 0, lost: 0 })
    },
    LONG,
  )
})

describe.each([
  { step: HOUR, way: 'forward' },
  { step: -HOUR, way: 'back' },
])("an hour's step $way of Redis's clock", ({ step }) => {
  const client = () => ({ kind: 'clocked', options: { url: redis.url } }) as const
  // Only Redis's clock may free a permit here, and no background read corrects its effects.
  const storage = { ...PATIENT, lease: 2, refresh: 60 }

  beforeEach(async () => {
    fleet = await LoadedFleet.start({ size: 2, client: client(), storage })
  }, LONG)
  afterEach(() => fleet.stop())

  /** Sets the clock. A Redis that is set forward by an hour drops its keys, so this drops the key as well. */
  async function setClock(): Promise<void> {
    const script =
      "redis.call('SET', 'clock', ARGV[2]) if ARGV[3] == '1' then redis.call('DEL', ARGV[1]) end"
    await redis.command('EVAL', script, 0, KEY, step, step > 0 ? 1 : 0)
  }

  /** The offset of the clock when the circuit last opened. */
  async function offset(): Promise<number> {
    const opened = await redis.command<string>('HGET', KEY, 'opened')
    const [seconds] = await redis.command<[string, string]>('TIME')
    return Number(opened) / 1e6 - Number(seconds)
  }

  /** Adds a process that knows nothing yet. */
  async function recruit(): Promise<Worker> {
    const [worker] = await fleet.enter({ client: client(), storage })
    return worker as Worker
  }

  /** Kills the other processes, so that none of their probes changes the circuit. */
  async function expectProbes(worker: Worker): Promise<void> {
    await fleet.each((other) => other.call(other === worker ? 'reset' : 'idle'))
    const probes = async () => (await worker.eventsNamed('probe')).length
    await until('the process probes', async () => (await probes()) > 1)
    const { retryAfter } = await worker.call<{ retryAfter: number }>('state')
    expect(retryAfter).toBeLessThanOrEqual(TTL)
    expect(Math.abs((await offset()) - step)).toBeLessThan(60)
    await worker.call('idle')
  }

  it(
    'keeps an opened circuit opened for no longer than its ttl, for an old process and for a new one',
    async () => {
      await fleet.break()
      await fleet.probesTogether(1)
      await setClock()
      const [old] = fleet.workers
      const fresh = await recruit()
      expect(await fleet.probesTogether(2)).toEqual([])
      await expectProbes(fresh)
      await fleet.load(2, 10, [old as Worker])
      await expectProbes(old as Worker)
      expect(await fleet.harm()).toMatchObject({ other: 0, lost: 0 })
    },
    LONG,
  )

  it(
    'frees the permit of a dead process after no more than its lease',
    async () => {
      const { service, workers } = fleet
      await fleet.break()
      await fleet.idle()
      const [holder] = workers.splice(0, 1)
      await until('a probe is due', async () => (await holder?.state()) === 'half-opened')
      service.answer = service.hold
      await fleet.load(1, 10, [holder as Worker])
      await until('the probe is sent', () => service.held.length === 1)
      service.answer = () => 503
      await setClock()
      await holder?.stop()
      const [old] = workers
      const fresh = await recruit()
      await expectProbes(fresh)
      await fleet.load(2, 10, [old as Worker])
      await expectProbes(old as Worker)
      expect(await fleet.harm()).toMatchObject({ other: 0, lost: 0 })
    },
    LONG,
  )
})
