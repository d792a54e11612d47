/** The answers of the page in each format. */
import { createHash } from 'node:crypto'
import { ConfigError, CircuitBreaker } from '../../lib/index.js'
import { statusPage } from '../../lib/status-page/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { Host, Hosted } from '../support/hosted.js'
import { until } from '../support/until.js'

let hosted: Hosted
let storage: MemoryStorage
beforeEach(async () => {
  storage = new MemoryStorage()
  hosted = await Hosted.start({ storage })
  await hosted.breaker.init()
})
afterEach(() => hosted.stop())

const ask = (query = '', options: RequestInit = {}): Promise<Response> =>
  fetch(hosted.url + query, options)
const text = async (query = ''): Promise<string> => (await ask(query)).text()

interface Json {
  readonly circuits: readonly Record<string, unknown>[]
  readonly storage: Record<string, unknown> | null
}
const json = async (): Promise<Json> => (await ask('?format=json')).json() as Promise<Json>

describe('HTML', () => {
  it('shows each circuit with its state, failures, time to retry, last error and recent requests', async () => {
    hosted.attach('users')
    hosted.attach('avatars')
    await hosted.request('users', '/status/200')
    await hosted.open('users')
    await hosted.request('users', '/status/200')
    const page = await text()
    const row = /<tr id="circuit-1" class="opened" .*?<\/tr>/s.exec(page)?.[0] ?? ''
    expect(row).toContain('<bdi>users</bdi>')
    expect(row).toContain('<span class="state">opened</span>')
    expect(row).toContain(' data-label="Failures">2</td>')
    expect(row).toMatch(/data-retry="29\.\d+">30 s</)
    expect(row).toMatch(/<code>500 ERR_BAD_RESPONSE<\/code> <time datetime="20/)
    expect(row).toContain('aria-label="Last 4: 1 success, 2 failures, 1 refused"')
    expect(page).toContain('<tr id="circuit-2" class="closed" ')
    expect(page).toContain('<title>(1) Circuits</title>')
    expect(page).toContain('<strong>1 opened</strong> <bdi>users</bdi> · 1 closed')
  })

  it.each([
    [0, 'No circuits yet'],
    [1, 'The circuit is closed'],
    [2, 'All 2 circuits are closed'],
  ])('sums up %d circuits', async (number, summary) => {
    for (let index = 0; index < number; index += 1) hosted.attach(`circuit ${index}`)
    expect(await text()).toContain(`role="status">${summary}</p>`)
  })

  it('names no more than five circuits at the top', async () => {
    for (const name of 'abcdefg') {
      hosted.attach(name)
      await hosted.open(name)
    }
    expect(await text()).toContain('<bdi>e</bdi>, … · 0 closed')
  })

  it.each([
    ['\u00AD', 'ad'],
    ['\u061C', '61c'],
    ['\u180E', '180e'],
    ['\u200C', '200c'],
    ['\u200D', '200d'],
    ['\u202E', '202e'],
    ['\u{E0041}', 'e0041'],
    ['\n', 'a'],
    ['\u2028', '2028'],
  ])('shows that a name has the invisible character %j', async (character, code) => {
    hosted.attach(`bill${character}ing`)
    expect(await text()).toContain(`<bdi>bill\\u{${code}}ing</bdi>`)
  })

  it('allows its own script and style, and nothing else', async () => {
    const response = await ask()
    const page = await response.text()
    const policy = response.headers.get('content-security-policy') ?? ''
    for (const element of ['script', 'style']) {
      const [, content = ''] = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(page) ?? []
      const hash = createHash('sha256').update(content).digest('base64')
      expect(policy).toContain(`${element}-src 'sha256-${hash}';`)
    }
    expect(policy).toMatch(/^default-src 'none';/)
    for (const directive of ['base-uri', 'form-action', 'frame-ancestors']) {
      expect(policy).toContain(`${directive} 'none'`)
    }
    expect(policy).not.toContain('unsafe')
    expect(page).not.toMatch(/ (style|on\w+|src)=/)
  })

  it('says of each part of the table what it is, for screens on which it is shown as a list', async () => {
    hosted.attach('users')
    const page = await text()
    const table = /<table.*<\/table>/s.exec(page)?.[0] ?? ''
    const parts = table.match(/<(?:table|thead|tbody|tr|th|td)\b[^>]*/g) ?? []
    const roles = parts.map((part) => / role="(\w+)"/.exec(part)?.[1])
    const columns = Array.from({ length: 6 }, () => 'columnheader')
    const cells = Array.from({ length: 5 }, () => 'cell')
    expect(roles).toEqual(['table', 'rowgroup', 'row', ...columns, 'rowgroup', 'row', 'rowheader', ...cells]) // prettier-ignore
  })

  it('can be read without a script', async () => {
    const page = await text()
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="10"></noscript>')
    expect(page).toContain('<a href="?">Refresh now</a>')
  })
})

describe('a failure rate', () => {
  const RATE = { failureRate: { threshold: 0.5, minimumRequests: 4 }, threshold: 9 }
  const rowOf = async (): Promise<string> =>
    /<tr id="circuit-1".*?<\/tr>/s.exec(await text())?.[0] ?? ''
  const send = async (...statuses: readonly number[]): Promise<void> => {
    for (const status of statuses) await hosted.request('users', `/status/${status}`)
  }

  it('is shown beside the failures in a row, and not rounded up', async () => {
    hosted.attach('users', RATE)
    expect(await rowOf()).toContain(
      'data-label="Failures">0<small>no requests</small><small>last 10 s</small></td>',
    )
    await send(200, 200, 500)
    expect(await rowOf()).toContain(
      'data-label="Failures">1<small>1 of 3 (33.3\u{A0}%)</small><small>last 10 s</small></td>',
    )
    expect((await json()).circuits[0]).toMatchObject({
      window: 10,
      failureRate: { requests: 3, failures: 1, rate: 1 / 3 },
      cause: null,
      round: 0,
      retryAt: null,
    })
    await send(...Array.from({ length: 98 }, () => 200), ...Array.from({ length: 8 }, () => 500))
    await send(200)
    await send(...Array.from({ length: 6 }, () => 500))
    // 15 of 116 are 12.93 %.
    expect(await rowOf()).toContain('<small>15 of 116 (12.9\u{A0}%)</small>')
  })

  it('that opened the circuit is shown as its cause, with what the window held', async () => {
    hosted.attach('users', RATE)
    await send(200, 500, 200, 500)
    const row = await rowOf()
    expect(row).toContain('opened</span><small>failure rate</small>')
    expect(row).toContain('data-label="Failures">2 of 4 (50\u{A0}%)<small>last 10 s</small></td>')
    expect((await json()).circuits[0]).toMatchObject({ state: 'opened', cause: 'rate', round: 1 })
  })

  it('over so many requests is shown as such', async () => {
    const failureRate = { threshold: 0.5, window: { requests: 20 }, minimumRequests: 4 }
    hosted.attach('users', { failureRate, threshold: 9 })
    await send(200, 500)
    expect(await rowOf()).toContain('(50\u{A0}%)</small><small>last 20 requests</small></td>')
    expect((await json()).circuits[0]).toMatchObject({ window: { requests: 20 } })
  })

  it('is named as the cause if the page was made later', async () => {
    hosted.attach('users', RATE)
    await send(200, 500, 200, 500)
    const page = statusPage(hosted.breaker)
    const host = await Host.start(page)
    const html = await (await fetch(host.url)).text()
    expect(html).toContain('opened</span><small>failure rate</small>')
    expect(html).toContain('data-label="Failures"><span class="none">–</span></td>')
    page.close()
    await host.stop()
  })
})

it('shows the round of an opening, its cause, and the moment of the next attempt', async () => {
  await hosted.stop()
  hosted = await Hosted.start()
  hosted.attach('users', { threshold: 1, ttl: { initial: 0.05, factor: 100, max: 30, jitter: 0 } })
  await hosted.open('users')
  expect(await text()).toContain('opened</span><small>failures in a row</small>')
  const users = hosted.breaker.circuit('users')
  await until('the ttl has passed', async () => (await text()).includes('class="half-opened"'))
  expect(await text()).toMatch(/–<\/span><small>round 1<\/small><\/td>/)
  await hosted.request('users', '/status/503')
  const [shown] = (await json()).circuits
  const page = await text()
  expect(page).toContain('opened</span><small>probe failed</small>')
  const at = String(shown?.['retryAt'])
  const moment = `<small>at <time datetime="${at}">${at.slice(11, 19)} UTC</time></small>`
  expect(page).toContain(`${moment}<small>round 2</small>`)
  const expected = Date.now() + 1000 * Number(users?.retryAfter)
  expect(Math.abs(Date.parse(at) - expected)).toBeLessThan(1000)
})

describe('a forced circuit', () => {
  const rowOf = async (): Promise<string> =>
    /<tr id="circuit-1".*?<\/tr>/s.exec(await text())?.[0] ?? ''
  beforeEach(async () => {
    await hosted.stop()
    hosted = await Hosted.start()
  })

  it('shows who forces it open, why and until when', async () => {
    const users = hosted.attach('users')
    hosted.attach('avatars')
    await users.force('opened', { for: 90, by: 'ann <b>', reason: 'a & b' })
    await hosted.request('users', '/status/200')
    const [shown] = (await json()).circuits
    const row = await rowOf()
    expect(shown).toMatchObject({
      state: 'opened',
      forced: {
        state: 'opened',
        by: 'ann <b>',
        reason: 'a & b',
        endsIn: expect.closeTo(90, -1),
        endsAt: expect.stringMatching(/^20.*Z$/),
      },
      recent: ['refused'],
    })
    const { endsAt = '' } = (shown?.['forced'] ?? {}) as { endsAt?: string }
    expect(Math.abs(Date.parse(endsAt) - Date.now() - 90_000)).toBeLessThan(5000)
    expect(row).toContain(
      'opened</span><small>forced open by <bdi>ann &lt;b&gt;</bdi></small>' +
        '<small><bdi>a &amp; b</bdi></small>' +
        `<small>until <time datetime="${endsAt}">${endsAt.slice(11, 19)} UTC</time></small>`,
    )
    expect(row).toMatch(/data-retry="(90|8\d)\.\d+">/)
    expect(await text()).toContain(
      '<strong>1 opened</strong> <bdi>users</bdi> · 1 closed · <strong>1 forced open</strong> <bdi>users</bdi></p>',
    )
    await users.unforce()
    expect(await rowOf()).not.toContain('forced')
    expect((await json()).circuits[0]).toMatchObject({ state: 'closed', forced: null })
  })

  it('without an end shows none, and counts no seconds down', async () => {
    const users = hosted.attach('users')
    await users.force('opened')
    const row = await rowOf()
    expect(row).toContain('<small>forced open</small><small>until it is released</small>')
    expect(row).toContain('data-label="Retry in"><span class="none">–</span>')
    expect((await json()).circuits[0]).toMatchObject({
      forced: { state: 'opened', endsAt: null },
      retryAt: null,
    })
  })

  it('that ends in days shows the day', async () => {
    const users = hosted.attach('users')
    await users.force('opened', { for: 260_000 })
    expect(await rowOf()).toMatch(
      /until <time datetime="20[^"]+">20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC</,
    )
  })

  it('shows what it would have refused, and how that ended', async () => {
    const users = hosted.attach('users')
    await users.force('closed')
    for (let count = 0; count < 2; count += 1) await hosted.request('users', '/status/500')
    await hosted.request('users', '/status/200')
    expect((await json()).circuits[0]).toMatchObject({
      state: 'closed',
      recent: ['failure', 'failure', 'dry-run', 'success'],
    })
    expect(await rowOf()).toContain(
      'aria-label="Last 4: 1 success, 2 failures, 1 counted as refused"',
    )
    expect(await text()).toContain(
      'The circuit is closed · <strong>1 forced closed</strong> <bdi>users</bdi></p>',
    )
  })
})

it('marks requests that are too slow, while they are under way and once they have ended', async () => {
  hosted.attach('users', { slowAfter: 0.5, threshold: 9 })
  await hosted.request('users', '/status/503')
  const request = hosted.request('users', '/drip/1500')
  await until('it is slow', () => hosted.breaker.circuit('users')?.failureCount === 2)
  expect(await text()).toMatch(/<code>slow<\/code> <time/)
  expect((await json()).circuits[0]).toMatchObject({ lastError: { slow: true } })
  await request
  expect(await text()).toMatch(/<code>slow 200<\/code> <time/)
  expect(await text()).toContain('aria-label="Last 2: 1 failure, 1 slow"')
  expect((await json()).circuits[0]).toMatchObject({ recent: ['failure', 'slow'] })
})

describe('JSON', () => {
  it('has the same content', async () => {
    hosted.attach('users')
    await hosted.request('users', '/status/404')
    await hosted.request('users', '/status/503')
    await hosted.request('users', '/reset')
    await hosted.request('users', '/')
    const { circuits } = await json()
    expect(circuits).toEqual([
      {
        name: 'users',
        state: 'opened',
        failureCount: 2,
        failureRate: null,
        window: null,
        retryAfter: expect.closeTo(30, 0),
        retryAt: expect.stringMatching(/^20.*Z$/),
        cause: 'streak',
        round: 1,
        forced: null,
        lastError: { code: 'ECONNRESET', at: expect.stringMatching(/^20.*Z$/) },
        recent: ['success', 'failure', 'failure', 'refused'],
      },
    ])
  })

  it('keeps the last sixty requests', async () => {
    hosted.attach('users')
    for (let index = 0; index < 70; index += 1) await hosted.request('users', '/status/200')
    await hosted.request('users', '/status/503')
    const [users] = (await json()).circuits
    expect(users?.['recent']).toEqual([...Array.from({ length: 59 }, () => 'success'), 'failure'])
  })

  it('leaves out circuits that were detached, and includes those attached later', async () => {
    const users = hosted.attach('users')
    hosted.attach('avatars')
    await hosted.open('users')
    users.detach()
    hosted.attach('users')
    const { circuits } = await json()
    expect(circuits.map(({ name, recent }) => [name, recent])).toEqual([
      ['avatars', []],
      ['users', []],
    ])
  })

  it('reports that the storage was lost, and why, and that it is back', async () => {
    expect((await json()).storage).toEqual({ isUp: true })
    storage.goDown('The line is dead')
    expect((await json()).storage).toEqual({
      isUp: false,
      reason: 'The line is dead',
      at: expect.any(String),
    })
    expect(await text()).toMatch(/Storage lost<\/span> since .*: <bdi>The line is dead<\/bdi>/)
    storage.comeBack()
    await until('the breaker has found it', () => hosted.breaker.storageUp === true)
    expect((await json()).storage).toMatchObject({ isUp: true, lostFor: expect.any(Number) })
    expect(await text()).toMatch(/Storage up<\/span> since .*, after \d+ s without it/)
  })
})

describe('the format', () => {
  it.each([
    ['', 'text/html'],
    ['*/*', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/json', 'application/json'],
    ['application/json, text/plain, */*', 'application/json'],
    ['text/html, application/json', 'text/html'],
    ['text/html;q=0.5, application/json;q=0.9', 'application/json'],
    ['Application/JSON; q=1', 'application/json'],
    ['application/json;q=0', 'text/html'],
    ['text/event-stream', 'text/event-stream'],
  ])('asked for as "%s" is %s', async (accept, type) => {
    const controller = new AbortController()
    const response = await ask('', { headers: { accept }, signal: controller.signal })
    expect(response.headers.get('content-type')).toMatch(new RegExp(`^${type}`))
    expect(response.headers.get('vary')).toBe('Accept')
    controller.abort()
  })

  it('in the query overrides the header', async () => {
    const response = await ask('?format=html', { headers: { accept: 'application/json' } })
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  it.each(['?format=xml', '?format=', '?format=json/../../etc'])('%s is refused', async (query) => {
    const response = await ask(query)
    expect(response.status).toBe(400)
    expect(await response.text()).toBe('Invalid format: expected one of html, json, events\n')
  })
})

describe('methods', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
    const response = await ask('', { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD')
  })

  it.each(['html', 'json', 'events'])(
    'HEAD answers as GET, without the body: %s',
    async (format) => {
      const controller = new AbortController()
      const query = `?format=${format}`
      const full = await ask(query, { signal: controller.signal })
      const head = await ask(query, { method: 'HEAD' })
      for (const name of ['content-type', 'content-length', 'content-security-policy']) {
        expect(head.headers.get(name)).toBe(full.headers.get(name))
      }
      expect([head.status, await head.text()]).toEqual([200, ''])
      controller.abort()
    },
  )

  it.each(['', '?format=json', '?format=xml'])(
    'no answer may be cached, framed or sniffed: %s',
    async (query) => {
      const { headers } = await ask(query)
      expect(headers.get('cache-control')).toBe('no-store, no-transform')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    },
  )
})

describe('secrets', () => {
  it('shows no URL, header, parameter or body of a request', async () => {
    hosted.attach('users')
    const config = {
      params: { token: 'secret' },
      headers: { authorization: 'secret' },
      data: 'secret',
    }
    await hosted.request('users', '/status/500/secret', config)
    await hosted.request('users', '/reset/secret', config)
    await hosted.request('users', '/secret', config)
    for (const query of ['', '?format=json']) expect(await text(query)).not.toContain('secret')
  })

  it('shows no error code that is not a plain word', async () => {
    hosted.attach('users')
    const code = 'http://user:secret@host/ <b>'
    const adapter = (): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }))
    await hosted.request('users', '/', { adapter })
    const page = await text()
    expect(page).not.toContain('secret')
    expect(page).toContain('<code>unknown</code>')
  })

  it('shows no URL in the reason of the storage', async () => {
    storage.goDown('cannot reach redis://user:secret@host:6379/0 <now>')
    expect(await text()).toContain('cannot reach … &lt;now&gt;')
    expect((await json()).storage?.['reason']).toBe('cannot reach … <now>')
  })
})

describe('wrong arguments', () => {
  it.each<[string, unknown, string]>([
    ['no breaker', undefined, 'given undefined'],
    ['null', null, 'given null'],
    ['a circuit', { name: 'users', state: 'closed' }, 'given an object'],
  ])('%s', (_what, breaker, message) => {
    const make = (): unknown => statusPage(breaker as CircuitBreaker)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(`Invalid breaker: expected a CircuitBreaker, ${message}`)
  })

  it.each<[object, string]>([
    [{ title: '' }, 'Expected a non-empty string, given a string\n  → at title'],
    [
      { heartbeat: 0 },
      'Expected a number of seconds above 0, and at most 2147483, given 0\n  → at heartbeat',
    ],
    [{ maxStreams: 1.5 }, 'Expected a whole number from 1, given 1.5\n  → at maxStreams'],
    [
      { colour: 'red' },
      'Expected an object with some of title, heartbeat, maxStreams, actions, given "colour"',
    ],
  ])('%p', (options, message) => {
    const make = (): unknown => statusPage(new CircuitBreaker(), options)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(`Invalid options of the status page\n✖ ${message}`)
  })
})

it('answers 503 once it is closed', async () => {
  hosted.attach('users')
  hosted.page.close()
  hosted.page.close()
  const response = await ask()
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await response.text()).toBe('The page is closed\n')
})

it('removes its listeners when it is closed', () => {
  const { breaker } = hosted
  let listeners = 0
  const page = statusPage({
    circuits: breaker.circuits,
    storageUp: breaker.storageUp,
    circuit: (name) => breaker.circuit(name),
    on: (event, listener) => {
      const unsubscribe = breaker.on(event, listener)
      listeners += 1
      return () => {
        listeners -= 1
        unsubscribe()
      }
    },
  })
  expect(listeners).toBeGreaterThan(0)
  page.close()
  expect(listeners).toBe(0)
})
