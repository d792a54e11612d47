/** If a process misses a deadline by its own fault, that does not count against the storage. */
import { createServer, connect, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { withTimeout } from '../../lib/internal/timers.js'

const DEADLINE = 0.1

let server: Server
let client: Socket
/** Answers each byte with a byte, unless it is silent. */
let isSilent = false
beforeAll(async () => {
  server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('data', (data) => {
      if (!isSilent) socket.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  client = connect(Object(address).port as number, '127.0.0.1')
  client.setNoDelay(true)
  await once(client, 'connect')
})
afterAll(() => {
  client.destroy()
  server.close()
})
beforeEach(() => {
  isSilent = false
})
afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

function ask(): Promise<unknown> {
  const answer = once(client, 'data')
  client.write('x')
  return answer
}

function beBusy(seconds: number): void {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it.each([2, 5, 20])(
  'an answer that came while the process was busy for %i deadlines counts',
  async (times) => {
    // The server is in this process: it has its turn, and the answer is in the socket, before the work.
    const answer = withTimeout(DEADLINE, ask(), 'no answer')
    await turn()
    beBusy(times * DEADLINE)
    await expect(answer).resolves.toBeDefined()
  },
)

it('an answer that comes right after the work counts, because the question had to wait too', async () => {
  const answer = withTimeout(DEADLINE, ask(), 'no answer')
  beBusy(5 * DEADLINE)
  await expect(answer).resolves.toBeDefined()
})

it('silence is noticed, but not before the deadline', async () => {
  isSilent = true
  const start = performance.now()
  const answer = withTimeout(DEADLINE, ask(), 'no answer')
  beBusy(3 * DEADLINE)
  await expect(answer).rejects.toThrow('no answer')
  expect(performance.now() - start).toBeGreaterThanOrEqual(3 * DEADLINE * 1000)
})

it('a process that is busy at each look has one more chance of 0.1 s at the most', async () => {
  jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'queueMicrotask', 'setImmediate'] })
  let now = 0
  jest.spyOn(performance, 'now').mockImplementation(() => now)
  /** The timers of so many milliseconds fire, a second late. */
  const passLate = async (ms: number): Promise<void> => {
    now += ms + 1000
    jest.advanceTimersByTime(ms)
    await turn()
  }
  const gaveUp = jest.fn()
  void withTimeout(10, new Promise(() => undefined), 'no answer').catch(gaveUp)
  await passLate(10_000)
  await passLate(99)
  expect(gaveUp).not.toHaveBeenCalled()
  await passLate(1)
  // It reads its sockets first.
  for (let turns = 0; turns < 5; turns += 1) await passLate(1)
  expect(gaveUp).toHaveBeenCalledWith(new Error('no answer'))
})

it('an error is passed on as it is', async () => {
  await expect(
    withTimeout(DEADLINE, Promise.reject(new Error('why')), 'no answer'),
  ).rejects.toThrow('why')
})
