/** What the command line keeps of the circuits that it reads. */
import { Session } from '../../lib/cli/session.js'
import { Inbox } from '../../lib/redis/inbox.js'
import { RedisServer } from '../../scripts/redis-server.mjs'

let server: RedisServer
let session: Session
beforeAll(async () => {
  server = await RedisServer.start()
  session = await Session.open({ url: server.url, prefix: undefined, source: '--url' })
})
afterEach(() => jest.restoreAllMocks())
afterAll(async () => {
  await session.close()
  await server.stop()
})

it('is nothing if a circuit has no key: a message may have made its name up', async () => {
  const forget = jest.spyOn(Inbox.prototype, 'forget')
  await server.command('HSET', 'axios-breaker/users', 'version', 1, 'epoch', 1, 'secret', 'x')
  const readings = await session.read(['made up', 'users'])
  expect([...readings.keys()]).toEqual(['made up', 'users'])
  expect(forget.mock.calls).toEqual([['made up']])
})
