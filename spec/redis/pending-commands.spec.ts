/** When commands without an answer show that their connection has died. */
import { PendingCommands } from '../../lib/redis/pending-commands.js'

/** Seconds: the longest that it may take until a look finds what is so. */
const LOOK = 0.5

beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }))
afterEach(() => jest.useRealTimers())

const onStuck = jest.fn<void, []>()
let commands: PendingCommands
beforeEach(() => {
  onStuck.mockReset()
  commands = new PendingCommands(onStuck)
})

interface Sent {
  readonly answer: () => Promise<void>
}

/** Sends a command, and waits until it is written. */
async function send(): Promise<Sent> {
  let resolve: () => void = () => undefined
  const reply = commands.add(new Promise<void>((done) => (resolve = done)))
  reply.catch(() => undefined)
  await sockets()
  return {
    answer: async () => {
      resolve()
      await reply
    },
  }
}

/** Lets the event loop read the sockets. */
async function sockets(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

async function pass(seconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(seconds * 1000)
  await sockets()
}

it('a connection is dead if a single command has waited for 2 s', async () => {
  await send()
  await pass(1.9)
  expect(onStuck).not.toHaveBeenCalled()
  await pass(LOOK)
  expect(onStuck).toHaveBeenCalled()
})

it('an answer to an earlier command does not hide that it died afterwards', async () => {
  const first = await send()
  await send()
  await pass(0.5)
  await first.answer()
  await pass(1.9)
  expect(onStuck).not.toHaveBeenCalled()
  await pass(LOOK)
  expect(onStuck).toHaveBeenCalled()
})

it('one of the connections to a cluster is dead if it is silent for 5 s while others answer', async () => {
  await send()
  for (let second = 0; second < 9; second += 1) {
    const other = await send()
    await pass(0.5)
    await other.answer()
  }
  expect(onStuck).not.toHaveBeenCalled()
  await pass(0.5 + LOOK)
  expect(onStuck).toHaveBeenCalled()
})

it('a server that answers in order is not dead, however many commands are pending', async () => {
  const sent: Sent[] = []
  for (let count = 0; count < 12; count += 1) sent.push(await send())
  for (const { answer } of sent) {
    await pass(1.5)
    await answer()
  }
  await pass(10)
  expect(onStuck).not.toHaveBeenCalled()
})

it('an answer that is in the socket when a busy process looks counts', async () => {
  const { answer } = await send()
  // The timer fires before the sockets are read.
  jest.advanceTimersByTime(2500)
  await answer()
  await sockets()
  expect(onStuck).not.toHaveBeenCalled()
})

it('commands that were given up are not waited for', async () => {
  await send()
  commands.rejectAll(new Error('lost'))
  await pass(10)
  expect(onStuck).not.toHaveBeenCalled()
  expect(jest.getTimerCount()).toBe(0)
})
