/** What counts once for the quorum: a process, however many breakers it has, or all processes with one `reporter`. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { Upstream } from '../support/upstream.js'

const THRESHOLD = 3

let server: RedisServer
let upstream: Upstream
beforeAll(async () => {
  server = await RedisServer.start()
  upstream = await Upstream.start()
})
afterEach(async () => {
  await SharedBreaker.closeAll()
  await server.command('FLUSHALL')
})
afterAll(async () => {
  await upstream.stop()
  await server.stop()
})

/** Two breakers fail as often as the threshold says, and a third follows. */
async function stateAfter(...reporters: readonly (string | undefined)[]): Promise<string> {
  const rules = { threshold: THRESHOLD }
  const storage = (reporter?: string) => ({ url: server.url, quorum: 2, reporter })
  const failing = await Promise.all(
    reporters.map((reporter) => SharedBreaker.join(upstream, storage(reporter), rules)),
  )
  const healthy = await SharedBreaker.join(upstream, storage('somebody-else'), rules)
  for (const peer of failing) {
    for (let count = 0; count < THRESHOLD; count += 1) await peer.fail()
  }
  await healthy.succeed()
  return String(await server.command('HGET', 'axios-breaker/users', 'state'))
}

it('two breakers of one process are one reporter, and do not open the circuit for others', async () => {
  expect(await stateAfter(undefined, undefined)).toBe('closed')
})

it('two processes with one name are one reporter', async () => {
  expect(await stateAfter('host-1', 'host-1')).toBe('closed')
})

it('two names are two reporters', async () => {
  expect(await stateAfter('host-1', 'host-2')).toBe('opened')
})
