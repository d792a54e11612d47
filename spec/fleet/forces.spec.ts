/** Processes that share forced circuits through a real Redis, and what goes wrong with both. */
import fc from 'fast-check'
import type { Forced } from '../../lib/index.js'
import { eventually, FleetHarness, LONG } from '../support/fleet-harness.js'
import { makeNextRelease, WITHOUT_FORCES } from '../support/next-release.js'
import type { Worker } from '../support/worker.js'

const RUNS = Number(process.env.RUNS ?? 4)
const REFRESH = 0.5
const STORAGE = { refresh: REFRESH, commandDeadline: 1, permitDeadline: 1 }
const REFUSAL = 'force the circuit "users" for the fleet'
const OPENED = ['opened', { by: 'ann', reason: 'maintenance' }] as const

let harness: FleetHarness
beforeAll(async () => {
  harness = await FleetHarness.start()
}, LONG)
afterEach(() => harness.clear(), LONG)
afterAll(() => harness.stop(), LONG)

const enter = (size: number, storage: object = STORAGE): Promise<Worker[]> =>
  harness.enter({ size, storage })
const forced = (worker: Worker): Promise<Forced | null> => worker.call('forced')
const words = (workers = harness.workers): Promise<unknown[]> =>
  harness.each(async (worker) => (await forced(worker))?.state, workers)

async function agreedOn(state: unknown, workers = harness.workers): Promise<void> {
  await eventually(`all processes are forced ${String(state)}`, async () =>
    (await words(workers)).every((word) => word === state),
  )
}

it(
  'a force reaches all processes, even later ones, outlives the process that set it, and any process can lift it',
  async () => {
    const [one] = (await enter(3, { ...STORAGE, refresh: 3600 })) as [Worker]
    await one.call('force', ...OPENED)
    await agreedOn('opened')
    const [refusal] = await harness.get(harness.worker(1))
    expect(refusal).toBe('ERR_CIRCUIT_OPENED')
    await harness.kill(one)
    const [late] = (await enter(1)) as [Worker]
    expect(await forced(late)).toEqual({ state: 'opened', by: 'ann', reason: 'maintenance' })
    await late.call('unforce')
    await agreedOn(undefined)
    expect(harness.service.arrivals).toEqual([])
  },
  LONG,
)

it(
  "a force ends in all processes by Redis's clock",
  async () => {
    const [one] = (await enter(3)) as [Worker]
    const start = performance.now()
    await one.call('force', 'closed', { for: 3 })
    await agreedOn('closed')
    const ends = await harness.each(async (worker) => (await forced(worker))?.endsIn)
    expect(ends.every((end) => Number(end) > 0 && Number(end) <= 3)).toBe(true)
    await agreedOn(undefined)
    expect((performance.now() - start) / 1000).toBeGreaterThan(2.9)
  },
  LONG,
)

it(
  'while Redis is away, forces stand, nothing new is forced, and Redis gets the list back',
  async () => {
    const [one, two] = (await enter(2)) as [Worker, Worker]
    await one.call('force', ...OPENED)
    await agreedOn('opened')
    await harness.redis.kill()
    await expect(two.call('unforce')).rejects.toThrow(
      /^Could not unforce the circuit "users" for the fleet: /,
    )
    expect(await words()).toEqual(['opened', 'opened'])
    await harness.redis.restart()
    await eventually('the list is in Redis again', async () =>
      Boolean(await harness.redis.command('EXISTS', 'axios-breaker/')),
    )
    const [late] = (await enter(1)) as [Worker]
    expect((await forced(late))?.by).toBe('ann')
    await harness.redis.command('FLUSHALL')
    await eventually('the list is in Redis once more', async () =>
      Boolean(await harness.redis.command('EXISTS', 'axios-breaker/')),
    )
    await two.call('unforce')
    await agreedOn(undefined)
  },
  LONG,
)

it(
  'a process that thaws learns that the force was lifted, and does not bring it back',
  async () => {
    const [one, two] = (await enter(2)) as [Worker, Worker]
    await one.call('force', ...OPENED)
    await agreedOn('opened')
    two.signal('SIGSTOP')
    await one.call('unforce')
    await harness.redis.command('FLUSHALL')
    two.signal('SIGCONT')
    await agreedOn(undefined)
    // Both have read, and so written, all that they know.
    await one.call('force', 'closed')
    await agreedOn('closed')
    await one.call('unforce')
    await agreedOn(undefined)
    expect(await forced(two)).toBeNull()
  },
  LONG,
)

it(
  'a healthy fleet reads the list about once per refresh',
  async () => {
    await enter(8, { ...STORAGE, refresh: 1 })
    await eventually('nobody reads at the start any more', async () => {
      const before = await harness.commands()
      await new Promise((resolve) => setTimeout(resolve, 1000))
      return (await harness.commands()) - before <= 2
    })
    const before = await harness.commands()
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    const refreshes = (performance.now() - start) / 1000
    const reads = (await harness.commands()) - before
    process.stdout.write(`${reads} reads of 8 processes in ${refreshes.toFixed(1)} refreshes\n`)
    expect(reads).toBeGreaterThan(refreshes / 2)
    // A process whose event loop was busy reads by itself.
    expect(reads).toBeLessThan(2 * refreshes + 8)
  },
  LONG,
)

describe('trouble of all kinds', () => {
  const by = fc.nat(3)
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant('force' as const), by }) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant('unforce' as const), by }) },
    {
      weight: 4,
      arbitrary: fc.record({
        what: fc.constantFrom(
          'freezeRedis' as const,
          'thawRedis' as const,
          'restartRedis' as const,
          'flush' as const,
          'deafen' as const,
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ what: fc.constantFrom('freeze' as const, 'thaw' as const), by }),
    },
  )
  const frozen = new Set<number>()
  const refusals: string[] = []

  async function take(taken: { readonly what: string; readonly by?: number }): Promise<void> {
    const { what, by: index = 0 } = taken
    const worker = harness.worker(index)
    if (what === 'freeze' || what === 'thaw') {
      worker.signal(what === 'freeze' ? 'SIGSTOP' : 'SIGCONT')
      frozen[what === 'freeze' ? 'add' : 'delete'](index)
    } else if (what === 'force' || what === 'unforce') {
      if (frozen.has(index)) return
      const args = what === 'force' ? [Math.random() < 0.5 ? 'opened' : 'closed'] : []
      // Redis may be away, and says so.
      await worker.call(what, ...args).catch(({ message }: Error) => refusals.push(message))
    } else if (what === 'freezeRedis') harness.redis.freeze()
    else if (what === 'thawRedis') harness.redis.thaw()
    else if (what === 'restartRedis') await harness.redis.restart()
    else if (harness.redis.isAnswering) {
      await harness.redis.command(
        ...(what === 'flush' ? ['FLUSHALL'] : ['CLIENT', 'KILL', 'TYPE', 'pubsub']),
      )
    }
  }

  async function mend(): Promise<void> {
    harness.redis.thaw()
    for (const worker of harness.workers) worker.signal('SIGCONT')
    frozen.clear()
    await eventually('all processes use Redis again', async () =>
      (await harness.each((worker) => worker.call<{ isUp: boolean }>('state'))).every(
        ({ isUp }) => isUp,
      ),
    )
  }

  it(
    'leaves all processes agreed, and the next word counts for all',
    async () => {
      await enter(4)
      const sequences = fc.array(step, { minLength: 6, maxLength: 14 })
      const property = fc.asyncProperty(sequences, fc.nat(3), async (sequence, speaker) => {
        for (const taken of sequence) await take(taken)
        await mend()
        await eventually(
          'all processes say the same',
          async () => new Set(await words()).size === 1,
        )
        await harness.worker(speaker).call('force', 'closed', { by: 'bob' })
        await agreedOn('closed')
        await harness.worker((speaker + 1) % 4).call('unforce')
        await agreedOn(undefined)
      })
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
      expect(refusals.filter((message) => !message.includes(REFUSAL))).toEqual([])
      expect(await harness.sum('other')).toBe(0)
    },
    LONG * (1 + RUNS / 2),
  )
})

it(
  'a release that knows no forces works as before beside this one, which forces its own processes',
  async () => {
    const before = await makeNextRelease(WITHOUT_FORCES)
    const [one, two] = (await enter(2)) as [Worker, Worker]
    const [old] = (await harness.enter({
      size: 1,
      storage: STORAGE,
      build: before.folder,
      options: { threshold: 2, ttl: 0.3 },
    })) as [Worker]
    await one.call('force', 'closed')
    await agreedOn('closed', [one, two])
    expect(await forced(old)).toBeNull()
    await expect(old.call('force', 'opened')).rejects.toThrow(/cannot share forced circuits/)
    harness.service.answer = () => 500
    await harness.get(old, 2)
    await harness.flush([old])
    await eventually('the old release opens', async () => (await old.state()) !== 'closed')
    expect(await words([one, two])).toEqual(['closed', 'closed'])
    await two.call('unforce')
    await agreedOn(undefined, [one, two])
    await eventually('this release follows the fleet', async () =>
      (await harness.states([one, two])).every((state) => state !== 'closed'),
    )
    expect((await harness.eventsNamed('storageLost')).flat()).toEqual([])
    await before.remove()
  },
  LONG,
)
