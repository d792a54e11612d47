/** `open`, `close` and `release`: what other processes do then. */
import { userInfo } from 'node:os'
import { FleetHarness, LONG, eventually } from '../support/fleet-harness.js'
import { documentOf, ran } from '../support/command-line.js'

jest.setTimeout(LONG)

const REFUSED = 'ERR_CIRCUIT_OPENED'

let fleet: FleetHarness
beforeAll(async () => {
  fleet = await FleetHarness.start()
})
afterAll(() => fleet.stop())
beforeEach(async () => {
  await fleet.clear()
  await fleet.enter({ size: 2, options: { threshold: 2, ttl: 60 } })
})

const redis = () => ({ REDIS_URL: fleet.redis.url })
const run = (...args: string[]) => ran(args, redis())
/** Sends one request from each process until all end like this. */
const allGet = (end: string) =>
  eventually(`each request ends with ${end}`, async () => {
    const ends = await fleet.each((worker) => fleet.get(worker))
    return ends.flat().every((other) => other === end)
  })

it('two other processes refuse and send as the command line says', async () => {
  await allGet('ok')
  const opened = await run('open', 'users', '--for', '1h30m', '--by', 'ann', '--reason', 'moving')
  expect(opened).toMatchObject({
    code: 0,
    stdout: 'Circuit "users" is forced open by ann: moving (ends in 1h30m)\n',
    stderr: '',
  })
  await allGet(REFUSED)
  expect(await run('release', 'users')).toMatchObject({
    code: 0,
    stdout: 'Circuit "users" is no longer forced\n',
  })
  await allGet('ok')
})

it('a circuit that is forced closed sends requests although it has opened', async () => {
  fleet.service.answer = () => 500
  await fleet.get(fleet.worker(0), 2)
  await allGet(REFUSED)
  fleet.service.answer = () => 200
  const { stdout, code } = await run('close', 'users', '--by', 'ann')
  expect([stdout, code]).toEqual(['Circuit "users" is forced closed by ann (until it is released)\n', 0]) // prettier-ignore
  await allGet('ok')
  const listed = (await run('list')).stdout
  expect(listed).toMatch(/^users +closed +\d+s +2 +opened by itself: streak, 500 +closed by ann/m)
})

it('list shows who forces what, for how long and why', async () => {
  await run('open', 'users', '--for', '2d', '--by', 'ann', '--reason', 'moving')
  await run('close', 'orders', '--by', 'bob')
  const { stdout } = await run('list')
  expect(stdout).toMatch(/^users +opened +open by ann: moving \(ends in 1d23h\)$/m)
  expect(stdout).toMatch(/^orders +closed +closed by bob \(until it is released\)$/m)
  const { circuits } = await documentOf(['list'], redis())
  expect(circuits).toEqual([
    {
      circuit: 'users',
      state: 'opened',
      ownState: 'closed',
      failureCount: 0,
      forced: { state: 'opened', by: 'ann', reason: 'moving', endsIn: expect.any(Number) },
    },
    {
      circuit: 'orders',
      state: 'closed',
      ownState: 'closed',
      failureCount: 0,
      forced: { state: 'closed', by: 'bob' },
    },
  ])
})

it('prints JSON for scripts, and names the user of the operating system', async () => {
  const by = userInfo().username
  expect(await documentOf(['open', 'users', '--for', '90s'], redis())).toEqual({
    circuit: 'users',
    forced: { state: 'opened', by, endsIn: 90 },
  })
  expect(await documentOf(['close', 'users'], redis())).toEqual({
    circuit: 'users',
    forced: { state: 'closed', by },
  })
  const released = () => documentOf(['release', 'users'], redis())
  expect(await released()).toEqual({ circuit: 'users', wasForced: true })
  expect(await released()).toEqual({ circuit: 'users', wasForced: false })
})

it('a force ends by itself', async () => {
  await run('open', 'users', '--for', '2s')
  await allGet(REFUSED)
  await allGet('ok')
  expect((await documentOf(['list'], redis())).circuits).toEqual([])
})

it('open lasts forever only if --for says so', async () => {
  const { code, stdout, stderr } = await run('open', 'users')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('open needs --for: a time such as 90s, 5m, 1h30m or 2d, or forever')
  expect((await documentOf(['list'], redis())).circuits).toEqual([])
  expect((await run('open', 'users', '--for', 'forever')).code).toBe(0)
  await allGet(REFUSED)
})

it('names and reasons of any characters reach the processes, and are escaped here', async () => {
  const name = '\u001B[2J\nusers'
  const { stdout } = await run('open', name, '--for', '1h', '--by', '\u009B1m', '--reason', 'a\tb')
  expect(stdout.trimEnd()).not.toMatch(/\p{Cc}/u)
  const { circuits } = await documentOf(['list'], redis())
  expect(circuits).toMatchObject([
    { circuit: name, forced: { state: 'opened', by: '\u009B1m', reason: 'a\tb' } },
  ])
  const table = (await run('list')).stdout
  expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
