/** This process's part in the rate of the fleet: what it finds suspicious, and what it answers to a poll. */
import type { OwnWindow } from '../../../lib/circuit/opening/terms.js'
import type { WindowEvidence } from '../../../lib/storage/contract.js'
import { POLL } from '../../../lib/storage/limits.js'
import { Driven, opened } from './driven.js'

const RATE = { threshold: 0.5, window: 10, minimumRequests: 10 }

let process: Driven
beforeEach(() => {
  process = new Driven({ rate: RATE, threshold: Infinity, lot: 0 })
})

const windows = (): (WindowEvidence | undefined)[] =>
  process.asked('report').map(({ command }) => command.evidence.window)
const fresh = (): unknown[] => windows().map((window) => window?.fresh)

function fail(window: OwnWindow, count = 1): void {
  const { now: grantedAt } = process
  for (let left = count; left > 0; left -= 1) {
    const local = window.openedFor === undefined ? 'closed' : 'opened'
    process.take({ on: 'ended', outcome: 'failure', grantedAt, local, window })
  }
}

function succeed(window: OwnWindow): void {
  const { now: grantedAt } = process
  process.take({ on: 'ended', outcome: 'success', grantedAt, local: 'closed', window })
}

/** The storage announces a poll. @returns its id */
function poll(share = 1): number {
  const version = process.state.view.snapshot.version + 10
  process.push({ version, poll: { id: version, share } })
  return version
}

const timers = () => process.all('start').filter(({ timer }) => timer === 'fresh')
const stops = () => process.all('stop').filter(({ timer }) => timer === 'fresh')
const freshDue = (window: OwnWindow) => process.take({ on: 'freshDue', window })
const answerDue = (window: OwnWindow) => process.take({ on: 'answerDue', window })

describe('a failure', () => {
  it.each([
    [10, 3, 1],
    [10, 2, 0],
    [4, 1, 1],
    [5, 1, 0],
    [1, 1, 1],
  ])('among %i requests, %i of which failed, makes %i reports', (requests, failures, reports) => {
    fail({ requests, failures })
    expect(windows()).toHaveLength(reports)
  })

  it('is reported with the whole window, with those before it, and with what is known of it', () => {
    const reason = { status: 503 }
    const window = { requests: 20, failures: 4 }
    fail(window, 3)
    const { now: grantedAt } = process
    const last = { requests: 21, failures: 6 }
    process.take({
      on: 'ended',
      outcome: 'failure',
      reason,
      grantedAt,
      local: 'closed',
      window: last,
    })
    expect(process.asked('report').map(({ command }) => command)).toEqual([
      { op: 'report', reason, evidence: { age: 0, window: { ...last, fresh: 4, poll: 0 } } },
    ])
  })

  it('counts as fresh only while it is in the window', () => {
    fail({ requests: 1000, failures: 9 }, 9)
    fail({ requests: 4, failures: 2 })
    expect(fresh()).toEqual([2])
  })

  it('is reported at most every half second, with those that came meanwhile', () => {
    const window = { requests: 9, failures: 9 }
    fail(window, 5)
    process.now += 0.49
    fail(window)
    expect(fresh()).toEqual([1])
    process.now += 0.01
    fail(window)
    expect(fresh()).toEqual([1, 6])
  })

  it('is reported when the half second is over, with the window of then, if no other follows', () => {
    fail({ requests: 9, failures: 6 }, 3)
    process.now += 0.2
    fail({ requests: 12, failures: 9 }, 3)
    expect(timers()).toEqual([
      { do: 'start', timer: 'fresh', seconds: 0.5, input: { on: 'freshDue' } },
    ])
    process.now += 0.3
    freshDue({ requests: 14, failures: 7 })
    freshDue({ requests: 14, failures: 7 })
    expect(windows().slice(1)).toEqual([{ requests: 14, failures: 7, fresh: 5, poll: 0 }])
  })

  it('is reported at once if the process is to report what it knows', () => {
    fail({ requests: 9, failures: 6 }, 3)
    process.take({ on: 'hurried', window: { requests: 9, failures: 6 } })
    expect(fresh()).toEqual([1, 2])
    expect(stops()).toHaveLength(1)
  })

  it.each<[string, OwnWindow | undefined]>([
    ['too many requests have succeeded', { requests: 100, failures: 3 }],
    ['it has left the window', { requests: 0, failures: 0 }],
    ['nothing is proven any more', undefined],
  ])('is not reported when the half second is over if %s', (_when, window) => {
    fail({ requests: 9, failures: 6 }, 3)
    process.now += 0.5
    process.take({ on: 'freshDue', window })
    expect(fresh()).toEqual([1])
  })

  it('does not wait any longer once another one has reported it', () => {
    const window = { requests: 9, failures: 6 }
    fail(window, 3)
    process.now += 0.5
    fail(window)
    freshDue(window)
    expect(fresh()).toEqual([1, 3])
    expect(stops()).toHaveLength(1)
  })

  it.each<[string, () => void]>([
    ['the circuit opens for the fleet', () => void process.push(opened(1))],
    ['the process opens it', () => fail({ requests: 9, failures: 9, openedFor: 0 })],
    ['the circuit is detached', () => void process.take({ on: 'released' })],
  ])('waits for nothing once %s', (_when, happen) => {
    const window = { requests: 9, failures: 6 }
    fail(window, 3)
    happen()
    const before = windows().length
    expect(stops()).toHaveLength(1)
    freshDue(window)
    expect(windows()).toHaveLength(before)
  })

  it('is reported less often in a fleet of more processes', () => {
    const window = { requests: 9, failures: 9 }
    poll(0.1)
    fail(window)
    process.now += 4.9
    fail(window)
    expect(fresh()).toEqual([1])
    process.now += 0.1
    fail(window)
    expect(fresh()).toEqual([1, 2])
  })

  it('is not reported if the circuit has no rate', () => {
    process = new Driven({ threshold: 5 })
    fail({ requests: 9, failures: 9 })
    expect(windows()).toEqual([])
  })

  it.each<[string, () => void]>([
    ['the process is alone', () => process.take({ on: 'lost' })],
    ['the circuit is open for the fleet', () => process.push(opened(1))],
  ])('is not reported while %s', (_when, happen) => {
    happen()
    fail({ requests: 9, failures: 9 })
    expect(windows()).toEqual([])
  })
})

describe('a circuit that the process opens by itself', () => {
  const window = { requests: 40, failures: 40, openedFor: 0, retryAfter: 7 }

  it('is reported at once, with all requests as failures, and what the service asked for', () => {
    fail({ requests: 39, failures: 20 })
    fail(window)
    expect(fresh()).toEqual([1, 40])
    expect(process.asked('report').at(-1)?.command).toMatchObject({
      retryAfter: 7,
      evidence: { window: { requests: 40, failures: 40, openedFor: 0, poll: 0 } },
    })
  })

  it('is reported once: each probe that fails later is one failure more', () => {
    fail(window, 3)
    expect(fresh()).toEqual([40, 1, 1])
    process.take({ on: 'admitted', local: 'closed' })
    fail(window)
    expect(fresh()).toEqual([40, 1, 1, 40])
  })

  it.each<[string, () => unknown]>([
    ['not answered', () => process.fail('report')],
    ['refused', () => process.answer('report', { granted: false })],
  ])('is reported again with the next probe that fails if the report was %s', (_how, end) => {
    fail(window)
    end()
    fail(window, 2)
    expect(fresh()).toEqual([40, 40, 1])
  })

  it('is reported with the next probe that fails if the process was alone', () => {
    process.take({ on: 'lost' })
    fail(window)
    process.read()
    fail(window, 2)
    expect(fresh()).toEqual([40, 1])
  })

  describe('long ago', () => {
    beforeEach(() => fail(window))

    it.each([
      [10, 300],
      [900, 900],
      [{ requests: 100 }, 300],
    ])('counts with all of its window of %j for %i seconds', (length, seconds) => {
      process = new Driven({ rate: { ...RATE, window: length }, threshold: Infinity, lot: 0 })
      fail(window)
      process.now += seconds
      poll()
      answerDue(window)
      expect(windows().at(-1)).toMatchObject({ requests: 40, failures: 40 })
    })

    it('counts with its last probe alone, in a poll and in a report', () => {
      process.now += 301
      poll()
      answerDue(window)
      poll()
      fail(window)
      expect(windows().slice(1)).toMatchObject([
        { requests: 1, failures: 1, fresh: 0 },
        { requests: 1, failures: 1, fresh: 1 },
      ])
    })

    it('counts with all of its window again once the process has opened it anew', () => {
      process.now += 301
      process.take({ on: 'admitted', local: 'closed' })
      fail(window)
      expect(windows().at(-1)).toMatchObject({ requests: 40, failures: 40, fresh: 40 })
    })
  })

  it('is reported as well if a success has opened it', () => {
    succeed({ requests: 9, failures: 9 })
    expect(windows()).toEqual([])
    succeed(window)
    expect(fresh()).toEqual([40])
  })

  it('adds what is missing to the answer that the process has given', () => {
    const id = poll()
    answerDue({ requests: 38, failures: 3 })
    fail(window)
    expect(windows().at(-1)).toEqual({
      requests: 2,
      failures: 37,
      fresh: 40,
      poll: id,
      openedFor: 0,
    })
  })

  it('does not reduce an answer if fewer requests are in the window by then', () => {
    poll()
    answerDue({ requests: 50, failures: 45 })
    fail(window)
    expect(windows().at(-1)).toMatchObject({ requests: 0, failures: 0 })
  })

  it.each<[string, OwnWindow | undefined]>([
    ['no request in its window', { requests: 0, failures: 0 }],
    ['a probe that was due', undefined],
  ])('is part of a poll that the process has not answered, as it had %s', (_what, given) => {
    const id = poll()
    process.take({ on: 'answerDue', window: given })
    expect(windows()).toEqual([])
    fail(window)
    expect(windows()).toMatchObject([{ requests: 40, failures: 40, poll: id }])
  })

  it('adds it once, however often its probes fail while the poll runs', () => {
    const id = poll()
    answerDue({ requests: 38, failures: 3 })
    fail(window, 3)
    const nothing = { requests: 0, failures: 0, poll: id }
    expect(windows().slice(1)).toMatchObject([{ requests: 2, failures: 37 }, nothing, nothing])
  })

  it('adds nothing to an answer to an earlier poll', () => {
    poll()
    answerDue({ requests: 38, failures: 3 })
    poll()
    fail(window)
    expect(windows().at(-1)).toMatchObject({ requests: 40, poll: 0 })
  })
})

describe('while the end of a probe is on its way,', () => {
  const window = { requests: 40, failures: 40, openedFor: 0 }
  beforeEach(() => settling(1))

  function settling(count: number): void {
    const { state } = process
    process.state = { ...state, probes: { ...state.probes, settling: count } }
  }

  it('an opening waits, and is reported once the end is known', () => {
    fail(window)
    freshDue(window)
    expect(windows()).toEqual([])
    expect(timers()).toMatchObject([{ seconds: 0.05 }, { seconds: 0.05 }])
    settling(0)
    freshDue(window)
    freshDue(window)
    expect(windows()).toEqual([{ ...window, fresh: 40, poll: 0 }])
  })

  it('suspicious failures wait', () => {
    fail({ requests: 9, failures: 6 }, 3)
    expect(windows()).toEqual([])
    settling(0)
    freshDue({ requests: 9, failures: 6 })
    expect(fresh()).toEqual([3])
  })

  it('the answer to a poll waits', () => {
    const id = poll()
    answerDue({ requests: 9, failures: 6 })
    expect(windows()).toEqual([])
    expect(process.all('start').at(-1)).toMatchObject({ timer: 'answer', seconds: 0.05 })
    settling(0)
    answerDue({ requests: 10, failures: 6 })
    expect(windows()).toEqual([{ requests: 10, failures: 6, fresh: 0, poll: id }])
  })

  it('what adds to an answer waits, and is added once', () => {
    settling(0)
    const id = poll()
    answerDue({ requests: 9, failures: 3 })
    settling(1)
    fail(window)
    settling(0)
    freshDue(window)
    expect(windows().slice(1)).toMatchObject([{ requests: 31, failures: 37, fresh: 40, poll: id }])
  })

  it('nothing waits that the process saw alone', () => {
    process.take({ on: 'lost' })
    fail(window)
    expect(timers()).toEqual([])
  })
})

describe('a poll', () => {
  const window = { requests: 30, failures: 2 }

  it('is answered once, within a tenth of a second', () => {
    const id = poll()
    const [timer] = process.all('start')
    expect(timer).toMatchObject({ timer: 'answer', input: { on: 'answerDue' } })
    expect(timer?.seconds).toBeLessThanOrEqual(0.1)
    answerDue(window)
    answerDue(window)
    expect(windows()).toEqual([{ ...window, fresh: 0, poll: id }])
  })

  it('is answered at once if the process is to report what it knows', () => {
    const id = poll()
    process.take({ on: 'hurried', window })
    expect(windows()).toEqual([{ ...window, fresh: 0, poll: id }])
  })

  it('that is announced again is not answered again', () => {
    const id = poll()
    answerDue(window)
    process.push({ version: id + 1, poll: { id, share: 1 } })
    answerDue(window)
    expect(process.all('start')).toHaveLength(1)
    expect(windows()).toHaveLength(1)
  })

  it.each<[string, OwnWindow | undefined]>([
    ['no request in its window', { requests: 0, failures: 0 }],
    ['a probe that is due', undefined],
  ])('is not answered by a process with %s', (_what, given) => {
    poll()
    process.take({ on: 'answerDue', window: given })
    expect(windows()).toEqual([])
  })

  it('is not answered by a process that has no rate, or is alone', () => {
    process = new Driven({ threshold: 5 })
    poll()
    answerDue(window)
    expect(process.all('start')).toEqual([])
    process = new Driven({ rate: RATE })
    poll()
    process.take({ on: 'lost' })
    answerDue(window)
    expect(windows()).toEqual([])
  })

  it('of a part of the processes is answered by as many of them', () => {
    let answers = 0
    for (let lot = 0; lot < 1; lot += 0.01) {
      process = new Driven({ rate: RATE, lot })
      poll(0.25)
      const [timer] = process.all('start')
      if (!timer) continue
      expect(timer.seconds).toBeLessThanOrEqual(0.1)
      answers += 1
    }
    expect(answers).toBeGreaterThanOrEqual(24)
    expect(answers).toBeLessThanOrEqual(26)
  })
})

describe('the process whose report brings a poll about', () => {
  const begin = () => {
    fail({ requests: 9, failures: 9 })
    process.answer('report', { version: 50, poll: { id: 50, share: 1 } })
  }
  const tallies = () => process.all('start').filter(({ timer }) => timer === 'tally')

  it('has the answers counted twice, after the times at which they may decide', () => {
    begin()
    expect(tallies()).toMatchObject([{ seconds: 0.3, input: { on: 'tallyDue', isLast: false } }])
    process.now += 0.3
    process.take({ on: 'tallyDue', isLast: false })
    expect(tallies()).toMatchObject([{}, { seconds: 0.25, input: { isLast: true } }])
    process.now += 0.25
    process.take({ on: 'tallyDue', isLast: true })
    expect(tallies()).toHaveLength(2)
    const counting = { requests: 0, failures: 0, fresh: 0, poll: 0 }
    expect(windows().slice(1)).toEqual([counting, counting])
  })

  it('is not one whose report came during a poll', () => {
    fail({ requests: 9, failures: 9 })
    process.answer('report', { version: 50, poll: { id: 49, share: 1 } })
    expect(tallies()).toEqual([])
  })

  it.each<[string, () => void]>([
    ['is over', () => (process.now += POLL + 0.01)],
    ['has opened the circuit', () => process.push(opened(60))],
    ['was followed by another', () => void poll()],
  ])('has nothing counted once it %s', (_what, happen) => {
    begin()
    happen()
    process.take({ on: 'tallyDue', isLast: false })
    expect(windows()).toHaveLength(1)
    expect(tallies()).toHaveLength(1)
  })

  it('waits until the end of a probe is known', () => {
    begin()
    const settling = { ...process.state.probes, settling: 1 }
    process.state = { ...process.state, probes: settling }
    process.take({ on: 'tallyDue', isLast: false })
    expect(windows()).toHaveLength(1)
    expect(tallies().at(-1)).toMatchObject({ seconds: 0.05, input: { isLast: false } })
  })

  it('needs no answer to its own report', () => {
    fail({ requests: 9, failures: 9 })
    process.fail('report')
    process.now += 1
    fail({ requests: 9, failures: 9 })
    expect(fresh()).toEqual([1, 1])
  })
})
