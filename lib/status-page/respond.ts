/** Answers one request, whatever its path: the page does not know where it is mounted. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { property } from '../internal/property.js'
import { reportOnce } from '../internal/warnings.js'
import type { Actions } from './actions/actions.js'
import { Refused } from './actions/refused.js'
import { answer, TEXT, type Headers } from './answer.js'
import type { Board, Content } from './board.js'
import { FORMATS, formatOf } from './format.js'
import { isGone } from './gone.js'
import type { Streams } from './streams.js'

export interface Site {
  readonly board: Board
  readonly document: (content: Content) => string
  readonly streams: Streams
  readonly maxStreams: number
  readonly headers: Headers
  /** Undefined if the page is read-only. */
  readonly actions: Actions | undefined
}

const JSON_TYPE = 'application/json'

export function respond(request: IncomingMessage, response: ServerResponse, site: Site): void {
  const { actions, board, headers } = site
  const isHead = request.method === 'HEAD'
  if (request.method === 'POST' && actions) return void act(request, response, site, actions)
  if (request.method !== 'GET' && !isHead) return refuse(response, site)
  const format = formatOf(request)
  if (format === 'events') return openStream(response, site, isHead)
  if (format === 'json') return answer(response, 200, JSON_TYPE, board.json(), headers)
  if (format === 'html') {
    return answer(response, 200, 'text/html; charset=utf-8', board.render(site.document), headers)
  }
  const expected = `Invalid format: expected one of ${FORMATS.join(', ')}\n`
  return answer(response, 400, TEXT, expected, headers)
}

export function unavailable(response: ServerResponse, why: string, headers: Headers): void {
  answer(response, 503, TEXT, `${why}\n`, { ...headers, 'retry-after': '2' })
}

function refuse(response: ServerResponse, { actions, headers }: Site): void {
  const [why, allow] = actions
    ? ['Only POST changes anything', 'GET, HEAD, POST']
    : ['This page is read-only', 'GET, HEAD']
  answer(response, 405, TEXT, `${why}\n`, { ...headers, allow })
}

/** Never rejects. */
async function act(
  request: IncomingMessage,
  response: ServerResponse,
  { headers }: Site,
  actions: Actions,
): Promise<void> {
  try {
    const forced = (await actions.act(request)) ?? null
    answer(response, 200, JSON_TYPE, JSON.stringify({ forced }), headers)
  } catch (error) {
    const isRefused = error instanceof Refused
    if (!isRefused) reportOnce('The status page could not carry out an action', actions, error)
    const [status, why] = isRefused ? [error.status, error.message] : [500, 'The action failed']
    // Nobody reads the rest of the body, so the connection cannot be used for another request.
    if (!request.readableEnded) response.shouldKeepAlive = false
    answer(response, status, TEXT, `${why}\n`, headers)
    closeStream(response)
  }
}

/** With HTTP/2, a body is a stream of its own, which its sender could keep open for ever. */
function closeStream(response: ServerResponse): void {
  const stream = property(response, 'stream')
  const close = property(stream, 'close')
  if (typeof close === 'function') close.call(stream)
}

function openStream(
  response: ServerResponse,
  { streams, maxStreams, headers }: Site,
  isHead: boolean,
): void {
  // The application may have given up the request in the meantime, and answered it.
  if (isGone(response) || response.headersSent) return
  if (streams.size >= maxStreams) {
    return unavailable(response, 'Too many pages are open', headers)
  }
  // The last header asks proxies such as nginx not to buffer.
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
  })
  if (isHead) response.end()
  else streams.open(response)
}
