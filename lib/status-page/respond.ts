/** Answers one request, whatever its path: the page does not know where it is mounted. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Board, Content } from './board.js'
import { POLICY } from './document.js'
import { FORMATS, formatOf } from './format.js'
import type { Streams } from './streams.js'

export interface Site {
  readonly board: Board
  readonly document: (content: Content) => string
  readonly json: () => string
  readonly streams: Streams
  readonly maxStreams: number
}

const TEXT = 'text/plain; charset=utf-8'

/** Headers of every answer, including errors. `no-transform` keeps compression from delaying events. */
const HEADERS = {
  'cache-control': 'no-store, no-transform',
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  vary: 'Accept',
}

export function respond(request: IncomingMessage, response: ServerResponse, site: Site): void {
  const isHead = request.method === 'HEAD'
  if (request.method !== 'GET' && !isHead) return refuse(response)
  const format = formatOf(request)
  if (format === 'events') return openStream(response, site, isHead)
  if (format === 'json') return answer(response, 200, 'application/json', site.json())
  if (format === 'html') {
    return answer(response, 200, 'text/html; charset=utf-8', site.board.render(site.document))
  }
  return answer(response, 400, TEXT, `Invalid format: expected one of ${FORMATS.join(', ')}\n`)
}

export function unavailable(response: ServerResponse, why: string): void {
  answer(response, 503, TEXT, `${why}\n`, { 'retry-after': '2' })
}

function refuse(response: ServerResponse): void {
  answer(response, 405, TEXT, 'This page is read-only\n', { allow: 'GET, HEAD' })
}

/** Sends the answer. Node leaves out the body if the method is HEAD. */
function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = Buffer.byteLength(body)
  response.on('error', () => undefined)
  response.writeHead(status, {
    ...HEADERS,
    'content-type': type,
    'content-length': length,
    ...headers,
  })
  response.end(body)
}

function openStream(
  response: ServerResponse,
  { streams, maxStreams }: Site,
  isHead: boolean,
): void {
  if (streams.size >= maxStreams) return unavailable(response, 'Too many pages are open')
  // The last header asks proxies such as nginx not to buffer.
  response.writeHead(200, {
    ...HEADERS,
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
  })
  if (isHead) response.end()
  else streams.open(response)
}
