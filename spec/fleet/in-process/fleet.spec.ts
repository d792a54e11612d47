/**
 * A breaker's part in the fleet, under simulated timers and clocks: what it reads and when, and what it does
 * not.
 */
import type { Machine, Permit, Rules } from '../../../lib/circuit/types.js'
import { joinStorage, type Membership } from '../../../lib/breaker/membership.js'
import type { Answer, Question, SharedStorage } from '../../../lib/fleet/index.js'
import { INITIAL_SNAPSHOT } from '../../../lib/storage/initial-snapshot.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { Wrapped } from './wrapped.js'

const RULES: Rules = { threshold: 1, ttl: 1000, permits: 1, probeTimeout: 1000 }
const REFRESH = 5
const OPTIONS = { refresh: REFRESH, permitDeadline: 30, commandDeadline: 30, lease: 1e5 }
/** Lets everything settle that takes a storage in memory no time, before the clock moves. */
const TURNS = 50
const BEAT = 0.5

class Asked extends Wrapped {
  readonly asked: string[] = []
  /** Runs while a question is on its way. */
  meanwhile: () => Promise<void> = async () => undefined
  /** A circuit that the storage refuses. */
  refused: string | undefined

  constructor(inner: SharedStorage) {
    super(inner, OPTIONS)
  }

  protected async answer(question: Question, ask: () => Promise<Answer>): Promise<Answer> {
    const { op, circuit } = question
    this.asked.push(`${op} ${circuit}`)
    await this.meanwhile()
    if (circuit !== this.refused) return ask()
    throw Object.assign(new Error('WRONGTYPE'), { scope: 'circuit' })
  }
}

let now: number
let storage: Asked
let memory: MemoryStorage
let membership: Membership
let machine: Machine

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'queueMicrotask'] })
  now = 1000
  memory = new MemoryStorage({ now: () => now, ...OPTIONS })
  storage = new Asked(memory)
  membership = join(storage)
  machine = membership.machineFor('users', RULES)
})
afterEach(async () => {
  await membership.close()
  jest.useRealTimers()
})

function join(what: SharedStorage): Membership {
  const publisher = { publish: () => undefined, hasListeners: () => false }
  return joinStorage(what, { publisher, now: () => now })
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve()
}

/** Advances all clocks together, so that nothing is late. */
async function pass(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= BEAT) {
    now += Math.min(left, BEAT)
    jest.advanceTimersByTime(Math.min(left, BEAT) * 1000)
    await settle()
  }
}

const record = async (outcome: 'success' | 'failure', by = machine): Promise<void> => {
  by.record((await by.admit()) as Permit, outcome)
  await settle()
}

function push(version: number): void {
  const snapshot = { ...INITIAL_SNAPSHOT, version, epoch: version, state: 'opened' as const }
  for (const listener of storage.listeners) listener.pushed('users', snapshot, 'another')
}

it('admits nothing before init(), and decides for all circuits after it', async () => {
  expect(machine.admit()).toEqual({ admitted: false, state: 'not-initialized' })
  const init = membership.init()
  expect(machine.admit()).toMatchObject({ admitted: true })
  await init
  const later = membership.machineFor('orders', RULES)
  expect(later.admit()).toMatchObject({ admitted: true })
  await settle()
  expect(storage.asked).toEqual(['read users', 'read orders'])
})

it('sends nothing while the service is healthy, however long', async () => {
  await membership.init()
  storage.asked.length = 0
  for (let count = 0; count < 100; count += 1) await record('success')
  await pass(10 * REFRESH)
  expect(storage.asked).toEqual([])
})

it('reads circuits that are not closed now and then, and stops once they close', async () => {
  await membership.init()
  membership.machineFor('orders', RULES)
  await record('failure')
  expect(machine.state).toBe('opened')
  storage.asked.length = 0
  await pass(REFRESH * 1.2 + BEAT)
  expect(storage.asked).toEqual(['read users'])
  await pass(REFRESH * 12)
  const reads = storage.asked.length
  expect(reads).toBeGreaterThanOrEqual(10)
  expect(reads).toBeLessThanOrEqual(16)
  now += RULES.ttl
  await record('success')
  await pass(REFRESH * 1.2 + BEAT)
  storage.asked.length = 0
  await pass(REFRESH * 3)
  expect(storage.asked).toEqual([])
  // What is left are the timers that detect gaps, and that read the list of forced circuits.
  expect(jest.getTimerCount()).toBe(2)
})

describe('after a loss of the storage', () => {
  beforeEach(async () => {
    membership.machineFor('orders', RULES)
    await membership.init()
    for (const listener of storage.listeners) listener.lost('gone')
    storage.asked.length = 0
  })

  it('reads each circuit, which may have missed messages', async () => {
    expect(membership.isUp).toBe(false)
    await pass(BEAT)
    expect(membership.isUp).toBe(true)
    expect(storage.asked).toEqual(['read users', 'read orders'])
  })

  it('does not read a circuit that was detached in the meantime', async () => {
    machine.release?.()
    await pass(BEAT)
    expect(storage.asked).toEqual(['read orders'])
  })
})

it('follows pushed snapshots', async () => {
  await membership.init()
  push(1e15)
  expect(machine.state).toBe('opened')
})

it('treats a push after a gap as a hint, because it may be as old as the gap', async () => {
  await membership.init()
  storage.asked.length = 0
  jest.setSystemTime(Date.now() + 2000)
  push(1e15)
  expect(machine.state).toBe('closed')
  await settle()
  expect(storage.asked).toEqual(['read users'])
  await pass(0.5)
  push(1e15)
  expect(machine.state).toBe('closed')
  await pass(0.5)
  push(1e15)
  expect(machine.state).toBe('opened')
})

it('detects a gap by itself, and reads the circuits that were not closed', async () => {
  await membership.init()
  await record('failure')
  storage.asked.length = 0
  jest.setSystemTime(Date.now() + 1600)
  jest.advanceTimersByTime(BEAT * 1000)
  await settle()
  expect(storage.asked).toEqual(['read users'])
})

it('does not treat a shorter pause as a gap', async () => {
  await membership.init()
  jest.setSystemTime(Date.now() + 1400)
  push(1e15)
  expect(machine.state).toBe('opened')
})

it('reports no request that was under way in a gap', async () => {
  await membership.init()
  const permit = (await machine.admit()) as Permit
  storage.asked.length = 0
  now += 2
  jest.setSystemTime(Date.now() + 2000)
  machine.record(permit, 'failure')
  await membership.flush()
  expect(machine.decidedState).toBe('opened')
  expect(storage.asked).toEqual([])
})

describe('flush()', () => {
  let busy: Machine
  beforeEach(async () => {
    busy = membership.machineFor('busy', { ...RULES, threshold: 1e6 })
    await membership.init()
    storage.asked.length = 0
  })
  const fail = async (): Promise<void> => {
    busy.record((await busy.admit()) as Permit, 'failure')
  }

  it('reports failures that were held back, and waits for the answer', async () => {
    let answer = (): void => undefined
    storage.meanwhile = () => new Promise((resolve) => (answer = resolve))
    await fail()
    expect(storage.asked).toEqual([])
    let isFlushed = false
    void membership.flush().then(() => (isFlushed = true))
    await settle()
    expect(storage.asked).toEqual(['report busy'])
    expect(isFlushed).toBe(false)
    answer()
    await settle()
    expect(isFlushed).toBe(true)
  })

  it('waits for failures that came while a report was on its way', async () => {
    const answers: (() => void)[] = []
    storage.meanwhile = () => new Promise((resolve) => void answers.push(resolve))
    await fail()
    let isFlushed = false
    void membership.flush().then(() => (isFlushed = true))
    await settle()
    await fail()
    answers[0]?.()
    await settle()
    expect(storage.asked).toEqual(['report busy', 'report busy'])
    expect(isFlushed).toBe(false)
    answers[1]?.()
    await settle()
    expect(isFlushed).toBe(true)
  })

  it('ends even if failures go on', async () => {
    storage.meanwhile = fail
    await fail()
    await membership.flush()
    expect(storage.asked.length).toBeLessThan(10)
    storage.meanwhile = async () => undefined
  })
})

it('ignores a detached circuit, even if its name is attached again', async () => {
  await membership.init()
  machine.release?.()
  const anew = membership.machineFor('users', RULES)
  await settle()
  machine.release?.()
  push(1e15)
  expect([machine.state, anew.state]).toEqual(['closed', 'opened'])
})

describe('a circuit that is detached', () => {
  const HOLD = 0.05
  let slow: Machine
  beforeEach(async () => {
    slow = membership.machineFor('slow', { ...RULES, threshold: 3 })
    await membership.init()
    storage.asked.length = 0
    await record('failure', slow)
  })

  it('would have reported a failure after holding it back', async () => {
    expect(storage.asked).toEqual([])
    await pass(HOLD)
    expect(storage.asked).toEqual(['report slow'])
  })

  it('sends nothing of a failure that was held back', async () => {
    slow.release?.()
    await pass(2 * HOLD)
    expect(storage.asked).toEqual([])
  })

  it('is forgotten by the connection', () => {
    expect([...storage.kept]).toEqual(['users', 'slow'])
    slow.release?.()
    expect([...storage.kept]).toEqual(['users'])
  })
})

describe('a circuit that is detached while a request is in flight', () => {
  const ends: Record<string, () => Promise<Permit>> = {
    'as the only probe': async () => {
      await record('failure')
      now += RULES.ttl + 1
      return permit()
    },
    'while it is closed': permit,
  }

  async function permit(): Promise<Permit> {
    const admission = machine.admit()
    await settle()
    return (await admission) as Permit
  }

  describe.each(Object.keys(ends))('%s', (when) => {
    let inFlight: Permit
    beforeEach(async () => {
      await membership.init()
      inFlight = await (ends[when] as () => Promise<Permit>)()
      machine.release?.()
      storage.asked.length = 0
    })

    async function end(): Promise<void> {
      machine.record(inFlight, 'failure')
      await settle()
    }

    it('is forgotten again after the end of the request', async () => {
      expect([...storage.kept]).toEqual([])
      await end()
      expect(storage.asked).toHaveLength(1)
      expect([...storage.kept]).toEqual([])
    })

    it('is forgotten again even if the answer comes late', async () => {
      let answer: () => void = () => undefined
      const held = new Promise<void>((resolve) => {
        answer = resolve
      })
      storage.meanwhile = () => held
      await end()
      await pass(OPTIONS.commandDeadline + 1)
      expect(storage.asked).toHaveLength(1)
      answer()
      await settle()
      expect([...storage.kept]).toEqual([])
    })

    it('is kept if its name is attached again in the meantime', async () => {
      membership.machineFor('users', RULES)
      await settle()
      await end()
      expect([...storage.kept]).toEqual(['users'])
    })
  })
})

it('warns once that a circuit is not shared, uses local results for it, and shares the others', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  storage.refused = 'users'
  const orders = membership.machineFor('orders', RULES)
  await membership.init()
  expect(membership.isUp).toBe(true)
  await record('failure')
  await pass(2 * REFRESH)
  expect(machine.state).toBe('opened')
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining('Circuit "users" is not shared: WRONGTYPE')],
  ])
  warn.mockRestore()
  const other = join(memory)
  const theirs = other.machineFor('orders', RULES)
  await other.init()
  await record('failure', orders)
  expect(theirs.state).toBe('opened')
  // Once the storage accepts the circuit, its failures are reported.
  storage.refused = undefined
  await pass(2 * REFRESH)
  const users = other.machineFor('users', RULES)
  await settle()
  expect(users.state).toBe('opened')
  await other.close()
})

it('knows whether the next request would be sent', async () => {
  const other = join(memory)
  const theirs = other.machineFor('users', RULES)
  expect(machine.isReady).toBe(true)
  await membership.init()
  await other.init()
  expect(machine.isReady).toBe(true)
  await record('failure')
  expect([machine.isReady, theirs.isReady]).toEqual([false, false])
  now += RULES.ttl + 1
  expect([machine.isReady, theirs.isReady]).toEqual([true, true])
  const probe = (await theirs.admit()) as Permit
  await settle()
  expect([machine.isReady, theirs.isReady]).toEqual([false, false])
  theirs.record(probe, 'ignored')
  await settle()
  expect([machine.isReady, theirs.isReady]).toEqual([true, true])
  await other.close()
})

it('stops its timers and reads nothing after close()', async () => {
  await membership.init()
  await record('failure')
  await membership.close()
  expect(membership.isUp).toBe(false)
  expect(jest.getTimerCount()).toBe(0)
})
