/** Which circuits are read, and how often. */
import { until } from '../support/until.js'
import { setImmediate as turn } from 'node:timers/promises'
import { Readings, type Readable } from '../../lib/fleet/readings.js'

/** A circuit whose reads the spec ends. */
class Held implements Readable {
  reads = 0
  end: (error?: Error) => void = () => undefined

  read(): Promise<() => void> {
    this.reads += 1
    return new Promise((resolve, reject) => {
      this.end = (error) => (error ? reject(error) : resolve(() => undefined))
    })
  }
}

const start = () => new Readings({ permitDeadline: 0.1, commandDeadline: 1 })

describe('catching up', () => {
  it('reads nothing if nothing is due', async () => {
    const readings = start()
    const circuit = new Held()
    readings.catchUp()
    readings.add([circuit])
    await turn()
    expect(circuit.reads).toBe(0)
  })

  it('waits for the reading under way only once, and that reads what becomes due meanwhile', async () => {
    const readings = start()
    const circuit = new Held()
    const readRest = jest.spyOn(readings, 'readRest')
    for (let call = 0; call < 3; call += 1) {
      readings.add([circuit])
      readings.catchUp()
    }
    expect(readRest).toHaveBeenCalledTimes(1)
    circuit.end()
    await turn()
    expect(circuit.reads).toBe(2)
  })

  it('causes no error if the storage does not answer, and the circuit stays due', async () => {
    const readings = start()
    const circuit = new Held()
    readings.add([circuit])
    readings.catchUp()
    circuit.end(new Error('no answer'))
    await turn()
    readings.catchUp()
    expect(circuit.reads).toBe(2)
  })
})

it('reads thousands of circuits again in few round trips', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(0)
  const readings = start()
  let waiting: (() => void)[] = []
  const read = () =>
    new Promise<() => void>((resolve) => {
      waiting.push(() => resolve(() => undefined))
    })
  readings.add([{ read }])
  readings.catchUp()
  readings.add(Array.from({ length: 9_999 }, () => ({ read })))
  let done = 0
  let trips = 0
  while (done < 10_000) {
    await until('reads are on their way', () => waiting.length > 0)
    const answered = waiting
    waiting = []
    trips += 1
    done += answered.length
    for (const answer of answered) answer()
  }
  expect(trips).toBeLessThan(60)
  jest.restoreAllMocks()
})

describe('a fleet that reads all of its circuits again at the same moment', () => {
  const PROCESSES = 1000
  const CIRCUITS = 20
  const DEADLINE = 0.5
  /** Reads that a Redis answers in a millisecond. */
  const PACE = 16

  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('gets each answer well within its deadline', async () => {
    let queue: (() => void)[] = []
    let read = 0
    let longest = 0
    const answer = (): Promise<() => void> => {
      const askedAt = performance.now()
      return new Promise((resolve) => {
        queue.push(() => {
          read += 1
          longest = Math.max(longest, performance.now() - askedAt)
          resolve(() => undefined)
        })
      })
    }
    for (let process = 0; process < PROCESSES; process += 1) {
      const readings = start()
      readings.add(Array.from({ length: CIRCUITS }, () => ({ read: answer })))
      readings.catchUp()
    }
    for (let left = 2000; left > 0; left -= 1) {
      await jest.advanceTimersByTimeAsync(1)
      for (const end of queue.slice(0, PACE)) end()
      queue = queue.slice(PACE)
    }
    expect(read).toBe(PROCESSES * CIRCUITS)
    expect(longest / 1000).toBeLessThan(0.8 * DEADLINE)
  })
})
