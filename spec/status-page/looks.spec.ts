/** When an open page looks at the circuits for what no event reports. The clock is the spec's own. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { ObservedBreaker, ObservedCircuit } from '../../lib/observe/observed.js'
import { statusPage } from '../../lib/status-page/index.js'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

const CLOSED = { name: 'users', state: 'closed', failureCount: 0, retryAfter: 0 } as const

/** The seconds after which a page that is open for so long has looked at the circuits. */
function looksIn(seconds: number, circuits: readonly ObservedCircuit[], heartbeat = 15): number[] {
  const looks = new Set<number>()
  const start = Date.now()
  const watched = {
    ...CLOSED,
    name: 'watched',
    // A message reads it only if the circuit has changed, which it never does.
    get failureCount() {
      looks.add((Date.now() - start) / 1000)
      return 0
    },
  }
  const breaker: ObservedBreaker = {
    circuits: [...circuits, watched],
    circuit: () => undefined,
    storageUp: undefined,
    on: () => () => undefined,
  }
  const page = statusPage(breaker, { heartbeat })
  const request = Object.assign(new IncomingMessage(new Socket()), {
    method: 'GET',
    url: '/?format=events',
  })
  page(request, new ServerResponse(request))
  looks.clear()
  jest.advanceTimersByTime(seconds * 1000)
  page.close()
  return [...looks]
}

/** The seconds until a moment, which is so many seconds from now. */
function countdown(seconds: number): () => number {
  const end = Date.now() + seconds * 1000
  return () => Math.max(0, (end - Date.now()) / 1000)
}

function openedFor(seconds: number): ObservedCircuit {
  const left = countdown(seconds)
  return {
    ...CLOSED,
    name: `for ${seconds} s`,
    get state() {
      return left() > 0 ? 'opened' : 'half-opened'
    },
    get retryAfter() {
      return left()
    },
  }
}

function forcedFor(seconds: number): ObservedCircuit {
  const left = countdown(seconds)
  return {
    ...CLOSED,
    name: `for ${seconds} s`,
    get forced() {
      return left() > 0 ? ({ state: 'closed', endsIn: left() } as const) : undefined
    },
  }
}

it('looks once a second', () => {
  expect(looksIn(3.5, [])).toEqual([1, 2, 3])
})

it.each<[string, (seconds: number) => ObservedCircuit]>([
  ['a ttl', openedFor],
  ['a force', forcedFor],
])('looks when %s ends too, the next of all circuits', (_, endsIn) => {
  expect(looksIn(3, [endsIn(0.4)])).toEqual([0.4, 1.4, 2.4])
  expect(looksIn(3, [endsIn(30), endsIn(2.25), endsIn(1.5)])).toEqual([1, 1.5, 2.25])
})

it('looks fifty times a second at most, however soon something ends', () => {
  const circuit = { ...CLOSED, state: 'opened', retryAfter: 0.001 } as const
  expect(looksIn(0.1, [circuit])).toEqual([0.02, 0.04, 0.06, 0.08, 0.1])
})

describe('a look that takes long', () => {
  /** A circuit that takes so many seconds to say whether it has changed: time that no timer counts. */
  function slow(seconds: number): ObservedCircuit {
    let worked = 0
    jest.spyOn(performance, 'now').mockImplementation(() => Date.now() + worked)
    return {
      ...CLOSED,
      get failureCount() {
        worked += seconds * 1000
        return 0
      },
    }
  }

  it('is followed by a rest of ten times as long, so it takes at most a tenth of the time', () => {
    expect(looksIn(8, [slow(0.3)])).toEqual([1, 4, 7])
  })

  it('is followed by the usual second if that is longer', () => {
    expect(looksIn(3.5, [slow(0.09)])).toEqual([1, 2, 3])
  })

  it('does not put off the next keep-alive', () => {
    expect(looksIn(6, [slow(0.3)], 2)).toEqual([1, 3, 5])
  })
})
