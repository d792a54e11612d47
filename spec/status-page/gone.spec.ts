/** Viewers who leave before the page has answered them: they take no room from those who stay. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import * as http2 from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import axios from 'axios'
import { CircuitBreaker } from '../../lib/index.js'
import { statusPage, type StatusPage, type StatusPageOptions } from '../../lib/status-page/index.js'
import { EventStream } from '../support/event-stream.js'
import { until } from '../support/until.js'

const GET = 'GET /?format=events HTTP/1.1\r\nhost: localhost\r\n\r\n'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).toReversed()) await clean()
})

function pageOf(options: StatusPageOptions, names: readonly string[] = ['users']): StatusPage {
  const breaker = new CircuitBreaker()
  for (const name of names) breaker.attach(axios.create(), name)
  const page = statusPage(breaker, { maxStreams: 1, ...options })
  cleanUp.push(() => page.close())
  return page
}

async function listening(server: ReturnType<typeof createServer> | http2.Http2Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp.push(() => once(server.close(), 'close'))
  return (server.address() as AddressInfo).port
}

/** Hands over the first request once its viewer has left, and later ones at once. */
function afterTheFirstLeft(page: StatusPage) {
  const seen = { requests: 0, hasLeft: false }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.requests += 1
    if (seen.requests === 1) await once(response, 'close')
    page(request, response)
    seen.hasLeft = true
  }
  return { seen, handle }
}

it('do not stay open', async () => {
  const { seen, handle } = afterTheFirstLeft(pageOf({}))
  const port = await listening(createServer((...both) => void handle(...both)))
  const leaving = connect(port, '127.0.0.1')
  leaving.write(GET)
  await until('the request has arrived', () => seen.requests === 1)
  leaving.destroy()
  await until('the page has its request', () => seen.hasLeft)
  const stream = await EventStream.open(`http://127.0.0.1:${port}/`)
  cleanUp.push(() => stream.close())
  expect(stream.response.statusCode).toBe(200)
})

it.each(['html', 'json', 'events'])(
  'get nothing in format %s if the application has answered',
  async (format) => {
    const page = pageOf({})
    const thrown: unknown[] = []
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(503).end('Too late')
      try {
        page(request, response)
      } catch (error) {
        thrown.push(error)
      }
    }
    const port = await listening(createServer(handle))
    const response = await fetch(`http://127.0.0.1:${port}/?format=${format}`)
    expect([response.status, await response.text()]).toEqual([503, 'Too late'])
    expect(thrown).toEqual([])
  },
)

it('do not stay open over HTTP/2', async () => {
  const { seen, handle } = afterTheFirstLeft(pageOf({}))
  const port = await listening(
    http2.createServer((request, response) => void handle(request as never, response as never)),
  )
  const session = http2.connect(`http://127.0.0.1:${port}`)
  cleanUp.push(() => session.destroy())
  const leaving = session.request({ ':path': '/?format=events' })
  await until('the request has arrived', () => seen.requests === 1)
  leaving.close(http2.constants.NGHTTP2_CANCEL)
  await until('the page has its request', () => seen.hasLeft)
  const staying = session.request({ ':path': '/?format=events' })
  const [headers] = (await once(staying, 'response')) as [http2.IncomingHttpStatusHeader]
  expect(headers[':status']).toBe(200)
})

it('do not stay open if the answer still waits for another one on the same connection', async () => {
  const names = Array.from({ length: 400 }, (_, index) => `circuit ${index}`)
  const page = pageOf({ heartbeat: 0.1 }, names)
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    // The first is never answered, so the second gets no connection, and no event when it closes.
    if (requests > 1) page(request, response)
  })
  const port = await listening(server)
  const leaving = connect(port, '127.0.0.1')
  leaving.write(GET.repeat(2))
  await until('both requests have arrived', () => requests === 2)
  leaving.destroy()
  await until('there is room', async () => {
    const stream = await EventStream.open(`http://127.0.0.1:${port}/`)
    stream.close()
    return stream.response.statusCode === 200
  })
})
