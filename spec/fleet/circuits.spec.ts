/** The circuits of a breaker alone: which of them are read, and when. The spec stands for the storage. */
import type { Rules } from '../../lib/circuit/types.js'
import { Circuits } from '../../lib/fleet/circuits.js'
import type { Readable } from '../../lib/fleet/readings.js'
import { SharedCircuit } from '../../lib/fleet/shared-circuit.js'
import { resolveSharing } from '../../lib/fleet/sharing.js'
import { INITIAL_SNAPSHOT } from '../../lib/storage/initial-snapshot.js'
import { errorOf } from '../support/plugin-harness.js'

const RULES: Rules = { threshold: 1, ttl: 10, permits: 1, probeTimeout: 60 }
const SHARING = resolveSharing({}, 'reporter')

let circuits: Circuits
/** What was read, in order. */
let reads: string[]
const FORCES: Readable = {
  read: async () => {
    reads.push('the list of forces')
    return () => undefined
  },
}

beforeEach(() => {
  circuits = new Circuits(() => 0, SHARING)
  reads = []
})

/** @param as how `reads` calls it */
function circuitOf(name: string, as = name): SharedCircuit {
  return new SharedCircuit(name, {
    rules: RULES,
    sharing: SHARING,
    process: 'process',
    now: () => 0,
    isInitialized: true,
    isUp: true,
    ask: async () => {
      reads.push(as)
      return { ...INITIAL_SNAPSHOT, granted: false }
    },
    watch: () => undefined,
    miss: () => undefined,
    checkPulse: () => undefined,
    leave: () => undefined,
  })
}

/** Reads all that is due, and forgets that it was read. */
async function readAll(): Promise<void> {
  await circuits.readings.readRest()
  reads = []
}

describe('a circuit about which the storage did not answer', () => {
  it('is read first', async () => {
    const [users, orders] = [circuitOf('users'), circuitOf('orders')]
    for (const circuit of [users, orders]) circuits.add(circuit)
    circuits.doubt(orders)
    await circuits.readings.readFirst()
    expect(reads).toEqual(['orders'])
  })

  it('is not read if it was detached before that was known', async () => {
    const detached = circuitOf('users', 'the detached one')
    circuits.add(detached)
    circuits.delete(detached)
    circuits.add(circuitOf('users', 'its successor'))
    circuits.doubt(detached)
    await circuits.readings.readFirst()
    expect(reads).toEqual(['its successor'])
  })

  it('is not read once it is detached', async () => {
    const detached = circuitOf('users')
    circuits.add(detached)
    circuits.doubt(detached)
    circuits.delete(detached)
    await circuits.readings.readFirst()
    expect(reads).toEqual([])
  })
})

describe('a snapshot that is pushed', () => {
  const CLOSED = { ...INITIAL_SNAPSHOT, version: 3, epoch: 3 }

  it.each([
    ['is only a hint if its epoch is older than the one that is known', 2, ['users'], 'closed'],
    ['is taken if its epoch is newer', 4, [], 'opened'],
  ] as const)('%s', async (_what, epoch, due, state) => {
    const users = circuitOf('users')
    circuits.add(users)
    await readAll()
    circuits.pushed('users', CLOSED, 'another')
    circuits.pushed('users', { ...CLOSED, version: 4, epoch, state: 'opened' }, 'another')
    expect(users.state).toBe(state)
    await circuits.readings.readRest()
    expect(reads).toEqual(due)
  })
})

describe('the list of forced circuits', () => {
  it.each([
    ['messages may have been missed', 'missed'],
    ['the storage is lost', 'lost'],
    ['the process did not run for a while', 'afterGap'],
  ] as const)('is read again if %s', async (_what, event) => {
    circuits.readForces(FORCES)
    await readAll()
    circuits[event]()
    await circuits.readings.readRest()
    expect(reads).toEqual(['the list of forces'])
  })
})

describe('a read of all circuits', () => {
  it('waits for none that was under way when the storage was lost', async () => {
    const [silent, users] = [circuitOf('silent'), circuitOf('users')]
    const before = jest.spyOn(silent, 'read').mockImplementation(() => new Promise(() => undefined))
    circuits.add(silent)
    circuits.add(users)
    void circuits.readings.readRest()
    before.mockRestore()
    reads = []
    circuits.lost()
    await circuits.readings.readRest()
    expect(reads).toEqual(['silent', 'users'])
  })

  it('rejects if the storage is lost, even if that answers to the last', async () => {
    const users = circuitOf('users')
    let answer = (): void => undefined
    jest.spyOn(users, 'read').mockImplementationOnce(async () => {
      await new Promise<void>((resolve) => (answer = resolve))
      return () => undefined
    })
    circuits.add(users)
    const read = errorOf(circuits.readings.readRest())
    circuits.lost()
    answer()
    expect(await read).toMatchObject({ message: 'The storage was lost in the meantime' })
    await circuits.readings.readRest()
    expect(reads).toEqual(['users'])
  })
})
