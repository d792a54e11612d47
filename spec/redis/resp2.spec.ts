/** Servers and proxies that only support RESP 2. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { SharedBreaker } from '../support/shared-breaker.js'
import { Upstream } from '../support/upstream.js'

jest.setTimeout(30_000)

it('a url works with them', async () => {
  const upstream = await Upstream.start()
  const server = await RedisServer.start({ config: ['rename-command HELLO ""'] })
  const [first, second] = [
    await SharedBreaker.join(upstream, { url: server.url }),
    await SharedBreaker.join(upstream, { url: server.url }),
  ]
  await first.fail()
  await second.becomes('opened')
  expect([first.losses, second.losses]).toEqual([[], []])
  const list = await server.command<string>('CLIENT', 'LIST')
  expect(list.match(/resp=3/g)).toBeNull()
  await SharedBreaker.closeAll()
  await Promise.all([server.stop(), upstream.stop()])
})
