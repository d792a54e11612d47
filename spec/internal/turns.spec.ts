/** Turns of the event loop, if timers were fake before the package was loaded. */
import { setImmediate as turn } from 'node:timers/promises'
import { copyOf } from '../support/copies.js'
import { until } from '../support/until.js'

const { setTimeout: realTimer, MessageChannel: RealChannel } = globalThis

afterEach(() => {
  restore()
  globalThis.MessageChannel = RealChannel
})

function restore(): void {
  globalThis.setTimeout = realTimer
  jest.useRealTimers()
  jest.restoreAllMocks()
}

function noTimer(this: unknown): unknown {
  return this
}

const FAKES: [what: string, fake: () => unknown][] = [
  ['of Jest', () => jest.useFakeTimers()],
  ['that are mocks', () => jest.spyOn(globalThis, 'setTimeout').mockImplementation()],
  ['as of node:test', () => (globalThis.setTimeout = noTimer.bind(undefined) as never)],
]

function loadedWith(fake: () => unknown) {
  fake()
  return copyOf(() => import('../../lib/internal/turns.js'))
}

/** What keeps this process alive. */
const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length

describe.each(FAKES)('with fake timers %s', (_what, fake) => {
  it('turns end, and leave nothing that keeps the process alive', async () => {
    const { inLaterTurn, laterTurn } = await loadedWith(fake)
    const before = ports()
    const job = jest.fn()
    inLaterTurn(job)
    expect(ports()).toBe(before)
    const later = laterTurn()
    expect(ports()).toBe(before + 1)
    await Promise.resolve()
    expect(job).not.toHaveBeenCalled()
    await later
    await until('the job has run', () => job.mock.calls.length > 0)
    await until('the ports are closed', () => ports() === before)
    expect(job).toHaveBeenCalledTimes(1)
  })

  it('a count begins anew in the next turn', async () => {
    const { TurnCount } = await loadedWith(fake)
    const count = new TurnCount(2)
    count.add()
    count.add()
    expect(count.isFull).toBe(true)
    for (let turns = 0; count.isFull && turns < 1000; turns += 1) await turn()
    expect(count.isFull).toBe(false)
  })

  it('turns end once the timers are real again, if there are no channels', async () => {
    const { laterTurn } = await loadedWith(fake)
    Reflect.deleteProperty(globalThis, 'MessageChannel')
    restore()
    await expect(laterTurn()).resolves.toBeUndefined()
  })
})

it('uses no channel if timers become fake later', async () => {
  const { laterTurn } = await copyOf(() => import('../../lib/internal/turns.js'))
  const Channel = jest.fn()
  globalThis.MessageChannel = Channel
  jest.useFakeTimers()
  await laterTurn()
  expect(Channel).not.toHaveBeenCalled()
})
