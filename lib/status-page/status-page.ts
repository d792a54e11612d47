/** A live page of a breaker's circuits, which any number of people can watch at little cost. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Actions } from './actions/actions.js'
import { headersOf } from './answer.js'
import { Board } from './board.js'
import { documentOf, policyOf } from './document.js'
import { checkBreaker, type ObservedBreaker, type ObservedCircuit } from '../observe/observed.js'
import { resolveOptions, type ResolvedOptions, type StatusPageOptions } from './options.js'
import { respond, unavailable } from './respond.js'
import { Streams } from './streams.js'
import type { Tracked } from './tracked.js'
import { Watch } from './watch.js'

export interface StatusPage {
  /** Answers a request completely, whatever its path. */
  (request: IncomingMessage, response: ServerResponse): void
  /**
   * Ends the connections of open pages, which would keep a server from closing, and removes the page's
   * listeners from the breaker. Later requests get a 503. Idempotent; needs no `this`.
   */
  readonly close: () => void
}

/** The most and the fewest seconds between two checks for changes that no event reports. */
const POLL = 1
const MIN_POLL = 0.02

/**
 * Makes a live page of all circuits of the breaker, for `node:http`, Express, Fastify and anything else that
 * uses Node's request and response. It is read-only unless you give it `actions`, and shows no URL, header,
 * parameter or body.
 *
 * @throws ConfigError if an option is invalid, or if `breaker` is not a CircuitBreaker
 */
export function statusPage(breaker: ObservedBreaker, options: StatusPageOptions = {}): StatusPage {
  checkBreaker(breaker)
  const resolved = resolveOptions(options)
  const { watch, streams, site } = assemble(breaker, resolved)
  let isClosed = false
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (isClosed) unavailable(response, 'The page is closed', site.headers)
    else respond(request, response, site)
  }
  const close = (): void => {
    isClosed = true
    watch.end()
    streams.end()
  }
  return Object.assign(handle, { close })
}

function assemble(breaker: ObservedBreaker, options: ResolvedOptions) {
  const { title, maxStreams } = options
  const { watch, board, streams, actions } = follow(breaker, options)
  const isReadOnly = actions === undefined
  const site = {
    board,
    streams,
    maxStreams,
    actions,
    document: documentOf(title, !isReadOnly),
    headers: headersOf(policyOf(!isReadOnly)),
  }
  return { watch, streams, site }
}

function follow(breaker: ObservedBreaker, options: ResolvedOptions) {
  const { title, heartbeat, actions: given } = options
  const onChange = (tracked: Tracked | undefined): void => {
    board.change(tracked)
    streams.change(tracked)
  }
  const onGone = (tracked: Tracked): void => {
    board.remove(tracked)
    streams.remove(tracked)
  }
  const watch = new Watch(breaker, onChange, onGone)
  const actions = given && new Actions(given.authorize, (id) => watch.find(id))
  const board = new Board(watch, title, actions?.token)
  const nextPoll = (): number => {
    const next = breaker.circuits.reduce((soonest, circuit) => sooner(soonest, circuit), POLL)
    return Math.max(next, MIN_POLL)
  }
  const streams = new Streams({ board, heartbeat, nextPoll, poll: () => watch.poll() })
  return { watch, board, streams, actions }
}

/** The seconds until a time ends, if one of the circuit's ends before that. */
function sooner(seconds: number, { retryAfter, forced }: ObservedCircuit): number {
  const times = [retryAfter, forced?.endsIn ?? 0].filter((time) => time > 0)
  return Math.min(seconds, ...times)
}
