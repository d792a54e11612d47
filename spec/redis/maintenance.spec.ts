/** A server that is about to move says so to clients that speak RESP 3, as Redis Enterprise does. */
import { connect, createServer, type Socket } from 'node:net'
import { freePort, listen } from '../../scripts/ports.mjs'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { Child } from '../support/child.js'
import { SharedBreaker } from '../support/shared-breaker.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
let server: RedisServer
let child: Child | undefined
beforeAll(async () => {
  upstream = await Upstream.start()
  server = await RedisServer.start()
})
afterAll(() => Promise.all([upstream.stop(), server.stop()]))
afterEach(async () => {
  child?.kill()
  await SharedBreaker.closeAll()
})

/** In front of the server. It can push to the clients that have subscribed. */
async function startPusher(): Promise<{ port: number; push(text: string): void; stop(): void }> {
  const subscribed = new Set<Socket>()
  const all = new Set<Socket>()
  const join = (client: Socket): void => {
    const target = connect(server.port, '127.0.0.1')
    for (const socket of [client, target]) all.add(socket.on('error', () => undefined))
    client.on('data', (part) => String(part).includes('subscribe') && subscribed.add(client))
    client.pipe(target).pipe(client)
  }
  const [listener, port] = [createServer(join), await freePort()]
  await listen(listener, port)
  return {
    port,
    push: (text) => {
      for (const client of subscribed) client.write(text)
    },
    stop: () => {
      listener.close()
      for (const socket of all) socket.destroy()
    },
  }
}

/** @param port to which clients shall move, in one second */
function moving(port: number): string {
  const address = `127.0.0.1:${port}`
  return `>4\r\n+MOVING\r\n:1\r\n:1\r\n$${address.length}\r\n${address}\r\n`
}

const STORY = `
  const { createClient } = await import('redis')
  const client = createClient({ url: settings.url, RESP: 3 })
  await client.connect()
  const breaker = new CircuitBreaker({ storage: new RedisStorage({ client }) })
  breaker.attach(axios.create(), 'users')
  breaker.on('stateChanged', ({ to }) => console.log(to))
  await breaker.init()
  await reach('connected')
  await breaker.close()
  await client.destroy()
  process.disconnect()`

it('does not end the process if the connection for messages cannot move', async () => {
  const pusher = await startPusher()
  child = new Child(STORY, { url: `redis://127.0.0.1:${pusher.port}` })
  await child.reaches('connected')
  pusher.push(moving(await freePort()))
  const peer = await SharedBreaker.join(upstream, { url: server.url })
  await peer.fail()
  await child.reaches('opened')
  child.goOn()
  expect(await child.end()).toBe(0)
  pusher.stop()
})
