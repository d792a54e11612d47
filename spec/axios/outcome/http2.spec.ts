/** HTTP/2 forbids headers that HTTP/1 knows: the request is at fault, and is never sent. */
import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AxiosRequestConfig } from 'axios'
import { judgementOf, type Judgement } from '../../support/judgement.js'
import { axiosIsBefore } from '../../support/outcome-table.js'

const server = createServer((request, response) => {
  response.statusCode = Number(request.url.slice(1))
  response.end('{}')
})
const sessions = new Set<{ destroy: () => void }>()
server.on('session', (session) => sessions.add(session))
let baseURL = ''

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  baseURL = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterAll(async () => {
  for (const session of sessions) session.destroy()
  server.close()
  await once(server, 'close')
})

function judge(url: string, headers: Record<string, string> = {}): Promise<Judgement> {
  const config = { baseURL, adapter: 'http', httpVersion: 2, headers } as AxiosRequestConfig
  return judgementOf((instance) => instance.get(url, config))
}

// Earlier versions of axios ignore `httpVersion`, and this server speaks only HTTP/2.
const rows: readonly [string, string, Record<string, string>, Judgement][] = axiosIsBefore('1.13')
  ? [['any request', '/200', {}, 'failure']]
  : [
      ['an answer', '/200', {}, 'success'],
      ['an error of the service', '/503', {}, 'failure'],
      ['Connection', '/200', { Connection: 'keep-alive' }, 'ignored'],
      ['Transfer-Encoding', '/200', { 'Transfer-Encoding': 'chunked' }, 'ignored'],
      ['Upgrade', '/200', { Upgrade: 'websocket' }, 'ignored'],
      ['TE', '/200', { TE: 'gzip' }, 'ignored'],
    ]

it.each(rows)('%s', async (_what, url, headers, expected) => {
  expect(await judge(url, headers)).toBe(expected)
})
