/** What the page's actions do, and which requests they refuse. */
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import axios from 'axios'
import { once } from 'node:events'
import { ConfigError, CircuitBreaker, type Circuit } from '../../lib/index.js'
import { statusPage, type StatusPageActions } from '../../lib/status-page/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { Host, Hosted } from '../support/hosted.js'
import { answerTo, ownHeaders, post, posting, TOKEN, tokenOf } from '../support/post.js'
import { until } from '../support/until.js'

const FORCE = { circuit: 1, action: 'opened', for: 90, reason: 'maintenance' }
const NOBODY = 'You may not force circuits here\n'

let hosted: Hosted
let users: Circuit
let asked: IncomingMessage[]
afterEach(() => hosted.stop())

async function start(authorize: StatusPageActions['authorize'] = () => true): Promise<void> {
  asked = []
  const counted: StatusPageActions['authorize'] = (request) => {
    asked.push(request)
    return authorize(request)
  }
  hosted = await Hosted.start({}, { actions: { authorize: counted } })
  users = hosted.attach('users')
}

const act = (body: unknown, headers: Record<string, string | undefined> = {}) =>
  post(hosted.url, body, headers)

describe('an action', () => {
  it('forces the circuit in the name of the person that the application gives, with the reason and the time', async () => {
    await start(async (request) => ({ by: String(request.headers['x-user']) }))
    const { status, text, headers } = await act(FORCE, { 'x-user': 'ann' })
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
    const expected = { state: 'opened', by: 'ann', reason: 'maintenance' }
    expect(JSON.parse(text).forced).toMatchObject(expected)
    expect(users.forced).toMatchObject(expected)
    expect(users.forced?.endsIn).toBeGreaterThan(80)
    expect(users.forced?.endsIn).toBeLessThanOrEqual(90)
    expect(asked).toHaveLength(1)
  })

  it('has no end, no name and no reason if none is given', async () => {
    await start()
    await act({ circuit: 1, action: 'closed', for: null, reason: '' })
    expect(users.forced).toEqual({ state: 'closed' })
    await act({ circuit: 1, action: 'opened' })
    expect(users.forced).toEqual({ state: 'opened' })
  })

  it('releases the circuit, forced or not', async () => {
    await start()
    await act(FORCE)
    expect(users.forced?.state).toBe('opened')
    for (let times = 0; times < 2; times += 1) {
      const { status, text } = await act({ circuit: 1, action: 'release' })
      expect([status, text]).toEqual([200, '{"forced":null}'])
      expect(users.forced).toBeUndefined()
    }
  })

  it('concerns the circuit of its row, whatever its name', async () => {
    await start()
    const others = ['__proto__', '</script>', 'x'.repeat(100_000)].map((it) => hosted.attach(it))
    for (const [index, other] of others.entries()) {
      expect((await act({ ...FORCE, circuit: index + 2 })).status).toBe(200)
      expect(other.forced?.state).toBe('opened')
    }
    expect(users.forced).toBeUndefined()
  })

  it('of two people: the last one counts', async () => {
    await start((request) => ({ by: String(request.headers['x-user']) }))
    await act(FORCE, { 'x-user': 'ann' })
    await act({ circuit: 1, action: 'closed' }, { 'x-user': 'bob' })
    expect(users.forced).toEqual({ state: 'closed', by: 'bob' })
  })
})

describe('without the option', () => {
  beforeEach(async () => {
    hosted = await Hosted.start()
    users = hosted.attach('users')
  })

  it('the page offers none, and refuses them', async () => {
    const page = await (await fetch(hosted.url)).text()
    for (const part of ['data-token', '<button', '<dialog', TOKEN]) expect(page).not.toContain(part)
    const { status, headers, text } = await act(FORCE)
    expect([status, headers.allow, text]).toEqual([405, 'GET, HEAD', 'This page is read-only\n'])
    expect(users.forced).toBeUndefined()
  })
})

it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  '%s changes nothing',
  async (method) => {
    await start()
    const query = '?circuit=1&action=opened&for=90'
    const headers = ownHeaders(hosted.url, await tokenOf(hosted.url))
    const client = posting(hosted.url + query, headers, method)
    client.end(method === 'GET' || method === 'HEAD' ? undefined : JSON.stringify(FORCE))
    const answer = await answerTo(client)
    const isRead = method === 'GET' || method === 'HEAD'
    expect(answer.status).toBe(isRead ? 200 : 405)
    expect(answer.headers.allow).toBe(isRead ? undefined : 'GET, HEAD, POST')
    expect(Object.keys(answer.headers).filter((it) => it.startsWith('access-control'))).toEqual([])
    expect(users.forced).toBeUndefined()
    expect(asked).toEqual([])
  },
)

describe('a request that the page itself has not sent', () => {
  beforeEach(() => start())
  const own = (): string => new URL(hosted.url).origin

  it.each<[string, () => Record<string, string | undefined>, number]>([
    ['from another site', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    ['from a sister domain', () => ({ 'sec-fetch-site': 'same-site' }), 403],
    ['from the address bar', () => ({ 'sec-fetch-site': 'none' }), 403],
    ['with that header twice', () => ({ 'sec-fetch-site': 'same-origin, cross-site' }), 403],
    ['from another origin', () => ({ origin: 'http://evil.example' }), 403],
    ['from another port', () => ({ origin: `${own()}0` }), 403],
    ['from a host that begins alike', () => ({ origin: `${own()}.evil.example` }), 403],
    [
      'from a user of that name',
      () => ({ origin: `http://${new URL(own()).host}@evil.example` }),
      403,
    ],
    ['from a frame without an origin', () => ({ origin: 'null' }), 403],
    ['from an origin that is none', () => ({ origin: 'http://' }), 403],
    ['without an origin', () => ({ origin: undefined }), 403],
    ['without the token', () => ({ [TOKEN]: undefined }), 403],
    ['with an empty token', () => ({ [TOKEN]: '' }), 403],
    ['with another token', () => ({ [TOKEN]: 'x'.repeat(32) }), 403],
    ['as a form', () => ({ 'content-type': 'application/x-www-form-urlencoded' }), 415],
    ['as text', () => ({ 'content-type': 'text/plain;application/json' }), 415],
    ['without a type', () => ({ 'content-type': undefined }), 415],
  ])('%s is refused before the application is asked', async (_what, headers, status) => {
    const answer = await act(FORCE, headers())
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(
      /^(Only this page itself|The page is from another|Expected the con)/,
    )
    expect(users.forced).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('is refused with the token of another page, and a page that is made again has another', async () => {
    const other = statusPage(hosted.breaker, { actions: { authorize: () => true } })
    const host = await Host.start(other)
    const token = await tokenOf(host.url)
    expect(token).toMatch(/^[\w-]{32}$/)
    expect((await act(FORCE, { [TOKEN]: token })).status).toBe(403)
    expect((await post(host.url, FORCE)).status).toBe(200)
    other.close()
    await host.stop()
  })

  it.each<[string, () => Record<string, string | undefined>]>([
    [
      'behind a proxy that changes the host',
      () => ({ host: 'backend:1', 'sec-fetch-site': 'same-origin' }),
    ],
    ['at a default port', () => ({ host: 'ops.example:443', origin: 'https://ops.example' })],
    ['with a host in capitals', () => ({ host: 'OPS.example', origin: 'https://ops.example' })],
    ['in JSON with a charset', () => ({ 'content-type': 'Application/JSON; charset=utf-8' })],
  ])('is told from one that it has sent %s', async (_what, headers) => {
    expect((await act(FORCE, headers())).status).toBe(200)
    expect(users.forced?.state).toBe('opened')
  })
})

describe('the application', () => {
  let logged: jest.SpyInstance[]
  beforeEach(() => {
    logged = (['error', 'warn'] as const).map((level) =>
      jest.spyOn(console, level).mockImplementation(() => undefined),
    )
  })
  afterEach(() => {
    for (const spy of logged) spy.mockRestore()
  })
  const written = (): string => logged.flatMap(({ mock }) => mock.calls.flat()).join('\n')

  it.each<[string, unknown]>([
    ['false', false],
    ['nothing', undefined],
    ['null', null],
    ['0', 0],
    ['an empty text', ''],
    ['a promise of false', Promise.resolve(false)],
  ])('refuses by %s', async (_what, answer) => {
    await start(() => answer as boolean)
    expect(await act(FORCE)).toMatchObject({ status: 403, text: NOBODY })
    expect(users.forced).toBeUndefined()
    expect(written()).toBe('')
  })

  it.each<[string, unknown]>([
    ['a text', 'yes'],
    ['1', 1],
    ['an object without a name', {}],
    ['an empty name', { by: '' }],
    ['a name that is too long', { by: 'x'.repeat(201) }],
    ['a name that is no text', { by: true }],
    ['a session', { user: 'ann' }],
  ])('refuses by %s, and is told what to return', async (_what, answer) => {
    await start(() => answer as boolean)
    expect(await act(FORCE)).toMatchObject({ status: 403, text: NOBODY })
    expect(users.forced).toBeUndefined()
    expect(written()).toContain('authorize must return true, false, or an object')
  })

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['throws', () => fail()],
    ['rejects', async () => fail()],
  ])('refuses if it %s, which only the console shows', async (_what, authorize) => {
    await start(authorize)
    expect(await act(FORCE)).toMatchObject({ status: 403, text: NOBODY })
    expect(users.forced).toBeUndefined()
    expect(written()).toMatch(/authorize function of the status page threw.*no such secret session/)
  })

  it('may take its time, but the body is not read before it has decided', async () => {
    let decide: (isAllowed: boolean) => void = () => undefined
    await start(() => new Promise((resolve) => (decide = resolve)))
    const sent = act(FORCE)
    await until('the application is asked', () => asked.length === 1)
    expect(asked[0]?.readableDidRead).toBe(false)
    decide(true)
    expect((await sent).status).toBe(200)
  })

  it('that never decides refuses after 10 seconds', async () => {
    await start(() => new Promise<boolean>(() => undefined))
    expect(await act(FORCE)).toMatchObject({
      status: 503,
      text: 'The application did not say within 10 seconds whether you may do this\n',
      headers: { connection: 'close' },
    })
    expect(users.forced).toBeUndefined()
  })

  it('may have answered the request itself in the meantime', async () => {
    let giveUp: () => void = () => undefined
    await start(async () => {
      giveUp()
      await until('the answer is sent', () => asked.length > 0)
      return true
    })
    const host = await Host.start((request, response) => {
      giveUp = () => response.writeHead(504).end('too late')
      hosted.page(request, response)
    })
    const body = { circuit: 1, action: 'half-opened' }
    expect(await post(host.url, body)).toMatchObject({ status: 504, text: 'too late' })
    expect((await fetch(host.url)).status).toBe(200)
    await host.stop()
  })
})

function fail(): never {
  throw new Error('no such secret session')
}

describe('a body', () => {
  beforeEach(() => start())

  it.each<[string, unknown, string]>([
    ['is empty', '', '"circuit" is the number of a row'],
    ['is no JSON', '{"circuit":1', '"circuit" is the number of a row'],
    ['is null', null, '"circuit" is the number of a row'],
    ['is a list', [FORCE], '"circuit" is the number of a row'],
    ['names the circuit', { ...FORCE, circuit: 'users' }, '"circuit" is the number of a row'],
    ['has no action', { circuit: 1 }, '"action" is one of opened, closed, release'],
    ['has an unknown action', { ...FORCE, action: 'half-opened' }, '"action" is one of opened'],
    ['has a time in words', { ...FORCE, for: '90s' }, '"for" is seconds, or null'],
    ['has a reason that is no text', { ...FORCE, reason: {} }, '"reason" is a text'],
  ])('that %s is refused', async (_what, body, message) => {
    const { status, text } = await act(body)
    expect([status, text]).toEqual([400, expect.stringContaining(`Expected JSON whose ${message}`)])
    expect(users.forced).toBeUndefined()
  })

  it.each<[string, object, RegExp]>([
    ['a time of 0', { for: 0 }, /for/],
    ['a time in the past', { for: -1 }, /for/],
    ['a time that never comes', { for: 1e300 }, /for/],
    ['a long reason', { reason: 'x'.repeat(201) }, /reason/],
  ])('with %s is refused as the circuit refuses it', async (_what, part, message) => {
    const { status, text } = await act({ ...FORCE, ...part })
    expect([status, text]).toEqual([400, expect.stringMatching(message)])
    expect(users.forced).toBeUndefined()
  })

  it('that says how large it is, and is too large, is not read', async () => {
    const headers = ownHeaders(hosted.url, await tokenOf(hosted.url))
    const client = posting(hosted.url, { ...headers, 'content-length': '1000000' })
    client.flushHeaders()
    expect(await answerTo(client)).toMatchObject({
      status: 413,
      text: 'Expected a body of at most 4096 bytes\n',
      headers: { connection: 'close' },
    })
    expect(asked).toEqual([])
  })

  it('that grows too large is read no further', async () => {
    const headers = ownHeaders(hosted.url, await tokenOf(hosted.url))
    const client = posting(hosted.url, headers)
    client.write(`{"reason":"${'x'.repeat(4080)}`)
    await until('the application is asked', () => asked.length === 1)
    client.write('y'.repeat(100))
    expect(await answerTo(client)).toMatchObject({ status: 413, headers: { connection: 'close' } })
    await until('the connection is closed', () => asked[0]?.socket.destroyed === true)
  })

  it('that does not arrive within 5 seconds is given up, with its connection', async () => {
    const headers = ownHeaders(hosted.url, await tokenOf(hosted.url))
    const client = posting(hosted.url, headers)
    client.write('{"circuit":1,')
    const drip = setInterval(() => client.write(' '), 500)
    const answer = await answerTo(client).finally(() => clearInterval(drip))
    expect(answer).toMatchObject({
      status: 408,
      text: 'The body did not arrive within 5 seconds\n',
      headers: { connection: 'close' },
    })
    await until('the connection is closed', () => asked[0]?.socket.destroyed === true)
    expect(users.forced).toBeUndefined()
  })

  it('that is cut off changes nothing', async () => {
    const headers = ownHeaders(hosted.url, await tokenOf(hosted.url))
    const body = JSON.stringify(FORCE)
    const lines = Object.entries({ ...headers, 'content-length': body.length + 1 })
    const socket = connect(hosted.host.port, '127.0.0.1')
    await once(socket, 'connect')
    const head = ['POST / HTTP/1.1', 'host: 127.0.0.1', ...lines.map((it) => it.join(': '))]
    const own = head.join('\r\n').replace('host: 127.0.0.1', `host: ${new URL(hosted.url).host}`)
    socket.write(`${own}\r\n\r\n${body}`)
    await until('the application is asked', () => asked.length === 1)
    socket.destroy()
    await until('the server has noticed', () => asked[0]?.destroyed === true)
    expect(users.forced).toBeUndefined()
    expect((await act(FORCE)).status).toBe(200)
  })
})

describe('a circuit', () => {
  const GONE = { status: 404, text: 'This circuit is no longer attached\n' }

  it('that is not there, or was detached, cannot be forced', async () => {
    await start()
    expect(await act({ ...FORCE, circuit: 2 })).toMatchObject(GONE)
    users.detach()
    expect(await act(FORCE)).toMatchObject(GONE)
  })

  it('that was detached does not force the next one of its name', async () => {
    await start()
    users.detach()
    const next = hosted.attach('users')
    expect(await act(FORCE)).toMatchObject(GONE)
    expect(next.forced).toBeUndefined()
  })

  it('that is detached while the application decides is not forced', async () => {
    await start(() => {
      users.detach()
      return true
    })
    expect(await act(FORCE)).toMatchObject(GONE)
    expect(users.forced).toBeUndefined()
  })

  it('of a page that was closed is not forced', async () => {
    await start(() => {
      hosted.page.close()
      return true
    })
    expect(await act(FORCE)).toMatchObject(GONE)
    expect(users.forced).toBeUndefined()
  })
})

it('over a storage holds for the fleet, and changes nothing if the storage is gone', async () => {
  const storage = new MemoryStorage()
  hosted = await Hosted.start({ storage }, { actions: { authorize: () => ({ by: 'ann' }) } })
  users = hosted.attach('users')
  const other = new CircuitBreaker({ storage })
  const elsewhere = other.attach(axios.create(), 'users')
  await Promise.all([hosted.breaker.init(), other.init()])
  expect((await act(FORCE)).status).toBe(200)
  await until('the other process knows it', () => elsewhere.forced?.by === 'ann')
  storage.goDown('No answer from redis://ops:secret@host:6379/0')
  const { status, text } = await act({ circuit: 1, action: 'release' })
  expect(status).toBe(503)
  expect(text).not.toContain('secret')
  expect(text).not.toBe('\n')
  for (const circuit of [users, elsewhere]) expect(circuit.forced?.by).toBe('ann')
  storage.comeBack()
  await until('both have joined again', () => hosted.breaker.storageUp === true)
  expect((await act({ circuit: 1, action: 'release' })).status).toBe(200)
  await until('the other process knows that', () => elsewhere.forced === undefined)
  await other.close()
})

describe('a breaker of another copy', () => {
  /** Has the shape of a breaker, and these circuits. */
  const shaped = (circuit: object, on?: CircuitBreaker['on']) => {
    const all = [{ name: 'users', state: 'closed', failureCount: 0, retryAfter: 0, ...circuit }]
    const breaker = { circuits: all, circuit: () => all[0], on: on ?? (() => () => undefined) }
    return statusPage(breaker as never, { actions: { authorize: () => true } })
  }
  const answered = async (page: ReturnType<typeof statusPage>) => {
    const host = await Host.start(page)
    const html = await (await fetch(host.url)).text()
    const answer = await post(host.url, FORCE)
    page.close()
    await host.stop()
    return { html, ...answer }
  }
  beforeEach(() => start())

  it('that cannot force its circuits says so', async () => {
    const { html, status, text } = await answered(
      shaped({}, (name) => {
        if (name === 'forced') throw new ConfigError('Invalid event')
        return () => undefined
      }),
    )
    expect(html).toContain('<span class="none">needs a newer version of axios-breaker</span>')
    expect(html).not.toContain('<button type="button" data-circuit')
    expect([status, text]).toEqual([501, 'This circuit needs a newer version of axios-breaker\n'])
  })

  it('has its methods called as methods', async () => {
    const calls: unknown[] = []
    const page = shaped({
      mark: 'itself',
      async force(this: { mark: string }, ...given: unknown[]) {
        calls.push(this.mark, given)
      },
      async unforce() {},
    })
    expect((await answered(page)).status).toBe(200)
    expect(calls).toEqual(['itself', ['opened', { for: 90, reason: 'maintenance' }]])
  })

  it('that cannot share the force says why, without the URL of its storage', async () => {
    const force = () => Promise.reject(new Error('No answer from redis://ops:secret@host:6379/0'))
    const { status, text } = await answered(shaped({ force, unforce: force }))
    expect([status, text]).toEqual([503, 'No answer from …\n'])
  })

  it('whose storage hangs is given up after 10 seconds', async () => {
    const force = () => new Promise(() => undefined)
    const { status, text } = await answered(shaped({ force, unforce: force }))
    expect(status).toBe(504)
    expect(text).toBe(
      'The circuit did not answer within 10 seconds. It may be forced all the same\n',
    )
  })
})

it.each<[string, unknown, string]>([
  ['nothing', {}, 'Expected a function, given undefined\n  → at actions.authorize'],
  ['a typo', { authorise: () => true }, 'given "authorise"'],
  ['true', true, 'Expected an object with some of authorize, given a boolean\n  → at actions'],
  [
    'no function',
    { authorize: true },
    'Expected a function, given a boolean\n  → at actions.authorize',
  ],
])('actions of %s are refused', async (_what, actions, message) => {
  await start()
  const make = (): unknown => statusPage(new CircuitBreaker(), { actions: actions as never })
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(message)
})
