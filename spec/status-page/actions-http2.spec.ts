/** Actions over HTTP/2, which has no header `Host`, and many bodies on one connection. */
import { once } from 'node:events'
import { connect, createServer, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { text } from 'node:stream/consumers'
import axios from 'axios'
import { CircuitBreaker, type Circuit } from '../../lib/index.js'
import { statusPage, type StatusPage } from '../../lib/status-page/index.js'
import { TOKEN } from '../support/post.js'

let users: Circuit
let page: StatusPage
let session: ClientHttp2Session
let server: ReturnType<typeof createServer>
let origin: string

beforeEach(async () => {
  const breaker = new CircuitBreaker()
  users = breaker.attach(axios.create(), 'users')
  page = statusPage(breaker, { actions: { authorize: () => ({ by: 'ann' }) } })
  server = createServer((request, response) => page(request as never, response as never))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  session = connect(origin)
})
afterEach(async () => {
  page.close()
  session.close()
  server.close()
  await once(server, 'close')
})

async function answerTo(stream: ClientHttp2Stream) {
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  return { status: headers[':status'], text: await text(stream) }
}

async function post(headers: Record<string, string> = {}): Promise<ClientHttp2Stream> {
  const { text: html } = await answerTo(session.request({ ':path': '/' }))
  const token = /data-token="([\w-]+)"/.exec(html)?.[1] ?? ''
  const own = { origin, 'content-type': 'application/json', [TOKEN]: token }
  return session.request({ ':path': '/', ':method': 'POST', ...own, ...headers })
}

const BODY = JSON.stringify({ circuit: 1, action: 'opened', for: 60 })

it('force circuits, and are refused to other origins', async () => {
  const other = await post({ origin: 'http://evil.example' })
  other.end(BODY)
  expect(await answerTo(other)).toMatchObject({ status: 403 })
  expect(users.forced).toBeUndefined()
  const own = await post()
  own.end(BODY)
  expect(await answerTo(own)).toMatchObject({ status: 200 })
  expect(users.forced).toMatchObject({ state: 'opened', by: 'ann' })
})

it('close the stream of a body that does not end', async () => {
  const stream = await post()
  const closed = once(stream, 'close')
  const drip = setInterval(() => stream.destroyed || stream.write(' '), 200)
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  stream.resume()
  await closed.finally(() => clearInterval(drip))
  expect(headers[':status']).toBe(408)
  expect(users.forced).toBeUndefined()
})
