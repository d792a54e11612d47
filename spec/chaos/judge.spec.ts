/** The judge of the long random run: it finds each kind of violation, and accepts everything that is right. */
import { LOOK, MadeUpLogs, type Entry } from './made-up-logs.js'
import type { Mode } from './types.js'

const ONE = 'w1.1'
const TWO = 'w2.1'
const THREE = 'w3.1'

function healthy(quorum = 1): MadeUpLogs {
  const logs = new MadeUpLogs([ONE, TWO, THREE], quorum)
  for (const name of [ONE, TWO, THREE]) logs.traffic(name, 101.05, 139)
  return logs
}

const THRESHOLD = 5

/** So many failures in a row, and the transition that they cause. */
function failures(logs: MadeUpLogs, name: string, count: number, at: number): MadeUpLogs {
  for (let index = 0; index < count; index += 1) {
    logs.request(name, { at: at + index * 0.01, takes: 0.001, ends: 'failed' })
  }
  const opensAt = at + (THRESHOLD - 1) * 0.01 + 0.0005
  const move = { k: 'move', from: 'closed', to: 'opened' }
  return count < THRESHOLD ? logs : logs.worker(name, { t: opensAt, ...move })
}

/** For a while, no process sends anything else. */
function silence(logs: MadeUpLogs, from: number, to: number): MadeUpLogs {
  for (const name of [ONE, TWO, THREE]) {
    logs.without(name, ({ t, id }: Entry) => id !== undefined && t >= from && t < to)
  }
  return logs
}

/** The circuit opens, a probe fails and the next one succeeds. Each process is refused, and one meets the probe. */
function wholeOutage(logs: MadeUpLogs, at: number, mode: Mode = 'error'): MadeUpLogs {
  silence(logs, at, at + 8)
    .outage(at, at + 5.5, mode)
    .hash('opened', at, at + 6.5)
  failures(logs, ONE, THRESHOLD, at + 0.1)
  logs.request(ONE, { at: at + 2.2, takes: 0.5, ends: 'failed', isProbe: true })
  logs.request(ONE, { at: at + 6, takes: 0.5, isProbe: true })
  logs.request(THREE, { at: at + 2.4, refused: 'half-opened' })
  for (const name of [TWO, THREE]) logs.request(name, { at: at + 1, refused: 'opened' })
  return logs
}

const untested = ({ verdicts }: MadeUpLogs) =>
  verdicts.filter(({ hasPassed }) => !hasPassed).map(({ rule }) => rule)

test('finds nothing in a healthy run', () => {
  const logs = healthy()
  expect(logs.violations).toEqual([])
  expect(untested(logs)).toEqual([])
})

test('has something to check for each rule in a healthy run with one outage', () => {
  const { verdicts } = wholeOutage(healthy(), 110)
  expect(verdicts.flatMap(({ violations }) => violations)).toEqual([])
  expect(verdicts.filter(({ checked }) => checked === 0)).toEqual([])
})

describe('a rule that had nothing to check has failed', () => {
  test('if each run puts it to the test', () => {
    const logs = new MadeUpLogs([])
    expect(logs.violations).toEqual([])
    expect(untested(logs)).toEqual(['A1', 'A2', 'E', 'F1', 'F2'])
  })

  test('if the run had an outage', () => {
    const quiet = () => silence(healthy(), 110, 116)
    expect(untested(quiet().outage(110, 114.9))).toEqual([])
    expect(untested(quiet().outage(110, 115.1))).toEqual(['B', 'C1', 'D1'])
  })

  test('if the run had several, where faults may leave nothing of one', () => {
    const logs = wholeOutage(wholeOutage(healthy(), 103), 112)
    logs.driver({ t: 140, k: 'stall', from: 101, to: 130 })
    expect(untested(logs)).toEqual([])
    expect(untested(wholeOutage(logs, 121))).toEqual(['D2', 'D3'])
  })

  test('if requests hung in several, so that others met a probe', () => {
    const logs = healthy()
    for (const at of [103, 112, 121]) wholeOutage(logs, at, 'hang')
    expect(untested(logs)).toEqual([])
    const isRequest = ({ id }: Entry): boolean => id !== undefined
    expect(untested(logs.without(THREE, isRequest))).toEqual(['C2'])
  })
})

describe('requests', () => {
  test('may not end with an error of ours', () => {
    expect(healthy().request(ONE, { at: 110.03, ends: 'other' }).broken).toEqual(['A1'])
  })

  test('must end', () => {
    expect(healthy().request(ONE, { at: 110.03, ends: 'never' }).broken).toEqual(['A1'])
  })

  test('may not wait for long', () => {
    expect(healthy().request(ONE, { at: 110.03, wait: 0.4 }).broken).toEqual(['A2'])
    expect(healthy().request(ONE, { at: 110.03, wait: 0.2 }).broken).toEqual([])
  })

  test('may wait while their process did not run', () => {
    const logs = healthy().request(ONE, { at: 110.03, wait: 4 })
    expect(logs.worker(ONE, { t: 114, k: 'stall', from: 110.04, to: 114 }).broken).toEqual([])
  })
})

describe('probes', () => {
  const probing = (): MadeUpLogs => {
    const logs = silence(healthy(), 110, 116).hash('opened', 110, 114)
    failures(logs, ONE, 5, 110.1)
    return logs.request(ONE, { at: 113, takes: 0.5, isProbe: true })
  }

  test('may follow each other', () => {
    expect(probing().request(TWO, { at: 113.6, takes: 0.1, isProbe: true }).broken).toEqual([])
  })

  test('may not overlap', () => {
    expect(probing().request(TWO, { at: 113.2, takes: 0.5, isProbe: true }).broken).toEqual(['B'])
  })

  test.each([
    ['without the storage', { up: false }],
    ['while the circuit of the fleet is closed', { hash: 'closed' }],
    ['while the storage is in trouble', { fault: 'redis-stop' }],
  ])(
    'may overlap %s',
    (_case, { up = true, hash, fault }: { up?: boolean; hash?: string; fault?: string }) => {
      const logs = probing().request(TWO, { at: 113.2, takes: 0.5, isProbe: true, up })
      if (hash) logs.hash(hash, 110, 114)
      if (fault) logs.fault(fault, 'redis', 112.9, 113.1)
      expect(logs.broken).toEqual([])
    },
  )
})

describe('refusals', () => {
  const refused = { refused: 'opened' } as const

  test('are wrong without a failure', () => {
    expect(healthy().request(ONE, { at: 110.03, ...refused }).broken).toEqual(['C1'])
  })

  test('are right for a ttl after the failures of another process', () => {
    const logs = failures(silence(healthy(), 110, 114), TWO, 5, 110.1)
    expect(logs.request(ONE, { at: 111.9, ...refused }).broken).toEqual([])
    expect(logs.request(ONE, { at: 113.9, ...refused }).broken).toEqual(['C1'])
  })

  test('are wrong after fewer failures than the threshold', () => {
    const logs = failures(silence(healthy(), 110, 114), TWO, 4, 110.1)
    expect(logs.request(ONE, { at: 111.9, ...refused }).broken).toEqual(['C1'])
  })

  test('add up the streaks of all', () => {
    const logs = failures(failures(silence(healthy(), 110, 114), TWO, 4, 110.1), THREE, 1, 110.2)
    expect(logs.request(ONE, { at: 111.9, ...refused }).broken).toEqual([])
  })

  test('do not add what a success has taken back', () => {
    const logs = failures(silence(healthy(), 110, 114), TWO, 4, 110.1)
    failures(logs.request(TWO, { at: 110.3 }), THREE, 1, 111)
    expect(logs.request(ONE, { at: 111.9, ...refused }).broken).toEqual(['C1'])
  })

  test('leave the worst process out with a quorum of two', () => {
    const logs = failures(silence(healthy(2), 110, 114), TWO, 9, 110.1)
    expect(logs.request(ONE, { at: 111.9, ...refused }).broken).toEqual(['C1'])
    failures(logs, THREE, 5, 110.1)
    expect(logs.broken).toEqual([])
  })

  test('are right by the own results of the process, whatever the quorum is', () => {
    const logs = failures(silence(healthy(2), 110, 114), ONE, 5, 110.1)
    expect(logs.request(ONE, { at: 111.9, ...refused }).broken).toEqual([])
  })

  test('are wrong by failures that another process saw while it was alone', () => {
    const logs = failures(silence(healthy(), 110, 116), TWO, 5, 112.1)
    logs.worker(TWO, { t: 112, k: 'lost' }).worker(TWO, { t: 113, k: 'restored' })
    expect(logs.request(ONE, { at: 113.2, ...refused }).broken).toEqual(['C1'])
  })

  test('are wrong by a request during which another process was frozen', () => {
    const logs = silence(healthy(), 110, 118)
    for (const at of [110.1, 110.2, 110.3, 110.4, 110.5]) {
      logs.request(TWO, { at, takes: 6, ends: 'failed' })
    }
    logs.worker(TWO, { t: 116, k: 'stall', from: 110.6, to: 116 })
    expect(logs.request(ONE, { at: 116.7, ...refused }).broken).toEqual(['C1'])
  })

  test('are wrong long after the failures, even during a fault', () => {
    const logs = failures(silence(healthy(), 110, 117), TWO, 5, 110.1)
    logs.fault('process-stop', 'w2', 110.2, 116)
    expect(logs.request(ONE, { at: 116.5, ...refused }).broken).toEqual(['C1'])
  })

  test('while half-opened need a probe', () => {
    const half = { at: 112.5, refused: 'half-opened' } as const
    const logs = failures(silence(healthy(), 110, 114), ONE, 5, 110.1).request(ONE, half)
    expect(logs.broken).toEqual(['C2'])
    expect(logs.request(TWO, { at: 112.3, takes: 0.4, isProbe: true }).broken).toEqual([])
  })
})

describe('outages', () => {
  const outage = (): MadeUpLogs => silence(healthy(), 110, 126).outage(110, 116)

  test('open a circuit at its own threshold', () => {
    const logs = failures(outage(), ONE, 4, 110.1).request(ONE, { at: 111 })
    expect(logs.broken).toEqual([])
    failures(logs, ONE, 1, 110.15)
    expect(logs.request(ONE, { at: 110.2, ends: 'failed' }).broken).toEqual(['D1'])
  })

  test('open the circuit of every process', () => {
    const logs = failures(outage(), ONE, 5, 110.1)
    expect(logs.broken).toEqual([])
    expect(logs.request(TWO, { at: 113, ends: 'failed' }).broken).toEqual(['D2'])
  })

  test('end for all processes when the service recovers', () => {
    const logs = failures(outage(), ONE, 5, 115.9)
    expect(logs.request(TWO, { at: 119.8, refused: 'opened' }).broken).toContain('D3')
  })
})

describe('at the end', () => {
  const isLast = ({ k, t }: { k: string; t: number }): boolean => k === 'state' && t > LOOK - 1

  test.each([
    ['follow the fleet', { u: false, s: 'closed' }],
    ['are closed', { u: true, s: 'opened' }],
  ])('all %s', (_case, state) => {
    const logs = healthy().without(ONE, isLast)
    expect(logs.worker(ONE, { t: LOOK - 0.1, k: 'state', ...state }).broken).toEqual(['E'])
  })

  test('no process is silent', () => {
    expect(healthy().without(ONE, isLast).broken).toEqual(['E'])
  })

  test('the hash agrees with the processes', () => {
    expect(healthy().hash('opened', LOOK - 1, LOOK + 1).broken).toEqual(['E'])
  })

  test('only a process that may have missed messages reads its circuits again', () => {
    const logs = healthy().worker(ONE, { t: LOOK - 1, k: 'asked' })
    logs.worker(ONE, { t: LOOK - 0.5, k: 'asked' })
    expect(logs.fault('net-silence', 'w1', 112, 113).broken).toEqual([])
  })

  test('a healthy fleet reads the list of forced circuits at most, by one of its processes', () => {
    const logs = healthy().worker(ONE, { t: LOOK - 1, k: 'asked' })
    expect(logs.broken).toEqual([])
    expect(logs.worker(TWO, { t: LOOK - 0.5, k: 'asked' }).broken).toEqual(['E'])
  })

  test.each([
    ['too late', { t: 143, code: 0, signal: null }],
    ['not by itself', { t: 141, code: null, signal: 'SIGKILL' }],
  ])('no process exits %s', (_case, exit) => {
    const logs = healthy().without('driver', ({ k, name }: Entry) => k === 'exit' && name === ONE)
    expect(logs.driver({ k: 'exit', name: ONE, ...exit }).broken).toEqual(['F1'])
  })

  test('no process has crashed', () => {
    const logs = healthy().without('driver', ({ k, name }: Entry) => k !== 'spawn' && name === ONE)
    logs.without(ONE, ({ t }: Entry) => t > 120).without('driver', ({ k }: Entry) => k === 'check')
    const exit = { k: 'exit', name: ONE, code: 1, signal: null }
    expect(logs.driver({ t: 120, ...exit }).broken).toEqual(['F2'])
  })

  test('no process has printed an error', () => {
    const printed = { k: 'printed', name: ONE, text: 'MaxListenersExceededWarning' }
    expect(healthy().driver({ t: 120, ...printed }).broken).toEqual(['F2'])
  })
})
