/** A page at the end of a slow line. HTTP/2 has a small window of its own, and no buffers of the system. */
import { once } from 'node:events'
import { connect, createServer, type ClientHttp2Session } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import { CircuitBreaker } from '../../lib/index.js'
import { statusPage, type StatusPage } from '../../lib/status-page/index.js'

const HEARTBEAT = 1
/** Bytes that arrive at once, and the milliseconds until the next. */
const SIP = 16_384
const PAUSE = 40
const CIRCUITS = 1500

let breaker: CircuitBreaker
let page: StatusPage
let session: ClientHttp2Session
let server: ReturnType<typeof createServer>

beforeEach(async () => {
  breaker = new CircuitBreaker({ threshold: 1e9 })
  for (let index = 0; index < CIRCUITS; index += 1) {
    breaker.attach(axios.create(), `${index} ${'"'.repeat(50)}${'😀'.repeat(60)}`)
  }
  page = statusPage(breaker, { heartbeat: HEARTBEAT })
  server = createServer((request, response) => page(request as never, response as never))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  session = connect(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`)
})
afterEach(async () => {
  page.close()
  session.destroy()
  server.close()
  await once(server, 'close')
})

/** Reads a little at a time, and tells what it has read. It reads on until that is enough. */
async function read(isEnough: (parts: readonly Buffer[]) => boolean): Promise<string> {
  const stream = session.request({ ':path': '/?format=events' })
  const parts: Buffer[] = []
  while (!isEnough(parts)) {
    if (stream.readableEnded || stream.destroyed) throw new Error('The page was dropped')
    const part = (stream.read(SIP) ?? stream.read()) as Buffer | null
    if (part) parts.push(part)
    await sleep(PAUSE)
  }
  return Buffer.concat(parts).toString()
}

const isWhole = (parts: readonly Buffer[]): boolean =>
  parts.length > 1 && parts.at(-1)?.toString().endsWith('\n\n') === true

it('gets all of its content, though that takes longer than a page may read nothing', async () => {
  const start = performance.now()
  const text = await read(isWhole)
  expect((performance.now() - start) / 1000).toBeGreaterThan(2 * HEARTBEAT)
  const [, data = ''] = /^retry: 1000\n\nevent: whole\ndata: (.+)\n\n(?::\n\n)*$/.exec(text) ?? []
  const { rows } = JSON.parse(data) as { rows: string[][] }
  expect(rows).toHaveLength(CIRCUITS)
  expect(text).not.toContain('\uFFFD')
}, 60_000)

it('gets all of it only once, though all circuits are busy meanwhile', async () => {
  const { circuits } = breaker
  let turn = 0
  const traffic = setInterval(() => circuits[(turn += 1) % CIRCUITS]?.report('failure'), 1)
  const timesOf = (text: string, event: string): number =>
    text.split(`event: ${event}\n`).length - 1
  const text = await read((parts) => {
    const last = parts.slice(-2).map(String).join('')
    return timesOf(last, 'change') > 0 && timesOf(Buffer.concat(parts).toString(), 'change') > 5
  }).finally(() => clearInterval(traffic))
  expect(timesOf(text, 'whole')).toBe(1)
}, 60_000)
