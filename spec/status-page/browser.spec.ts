/** What people see, in a real browser, under the page's own policy. */
import { MemoryStorage } from '../../lib/testing/index.js'
import type { CircuitBreakerOptions } from '../../lib/index.js'
import { Browsing, type Opened } from '../support/browser.js'
import { Host, Hosted } from '../support/hosted.js'
import { until } from '../support/until.js'

jest.setTimeout(30_000)

const HOSTILE = {
  script: '<script>alert("a script")</script>',
  image: `"'><img src=x onerror=alert('an image')>`,
  closing: '</title></style></table><script>alert(1)</script>',
  override: 'users\u202etxt.exe',
  unicode: 'Пользователи 用户 👩‍👩‍👧',
  rightToLeft: 'المستخدمون',
  control: 'a\r\n\r\nevent: whole\ndata: {}\n\n\u0000b',
  long: 'x'.repeat(100_000),
}

let browsing: Browsing
beforeAll(async () => {
  browsing = await Browsing.start()
})
afterAll(() => browsing.stop())

let hosted: Hosted
let opened: Opened
afterEach(async () => {
  await opened.page.context().close()
  await hosted.stop()
})

async function start(options: CircuitBreakerOptions, names: readonly string[]): Promise<void> {
  hosted = await Hosted.start(options, { title: 'Circuits <here>' })
  for (const name of names) hosted.attach(name)
}

async function visit(options: Parameters<Browsing['open']>[1] = {}): Promise<void> {
  opened = await browsing.open(hosted.url, options)
}

const textOf = (selector: string): Promise<string> => opened.page.locator(selector).innerText()
const rowOf = (name: string): Promise<string> => textOf(`tr:has(bdi:text-is("${name}"))`)
const shows = (name: string, text: string): Promise<void> =>
  until(`${name} shows "${text}"`, async () => (await rowOf(name)).includes(text))

it('shows a circuit open and close without a reload', async () => {
  await start({ ttl: 1 }, ['users', 'avatars'])
  await visit()
  await opened.page.evaluate(() => Object.assign(globalThis, { isTheSame: true }))
  await until('it is live', async () => (await textOf('#live')) === 'Live')
  expect(await textOf('#summary')).toBe('All 2 circuits are closed')
  await hosted.open('users')
  await shows('users', 'opened')
  expect(await opened.page.title()).toBe('(1) Circuits <here>')
  expect(await textOf('#summary')).toBe('1 opened users · 1 closed')
  expect(await rowOf('users')).toContain('500 ERR_BAD_RESPONSE')
  expect(await rowOf('avatars')).toContain('closed')
  await shows('users', 'half-opened')
  await hosted.request('users', '/status/200')
  await shows('users', 'closed')
  expect(
    await opened.page.getByRole('img', { name: 'Last 3: 1 success, 2 failures' }).count(),
  ).toBe(1)
  hosted.attach('search')
  await shows('search', 'closed')
  hosted.breaker.circuit('avatars')?.detach()
  await until('avatars is gone', async () => (await opened.page.locator('tbody tr').count()) === 2)
  expect(await opened.page.evaluate(() => 'isTheSame' in globalThis)).toBe(true)
  expect(opened.consoleErrors).toEqual([])
})

it('counts down to the next attempt', async () => {
  await start({ ttl: 100 }, ['users'])
  await hosted.open('users')
  await visit()
  const seconds = async (): Promise<number> => Number.parseInt(await textOf('[data-retry]'), 10)
  const first = await seconds()
  expect(first).toBeGreaterThan(90)
  // The page counts by its own clock: the server sends nothing in the meantime.
  await until('it counts down', async () => (await seconds()) <= first - 2)
  expect(await seconds()).toBeGreaterThan(first - 10)
  expect(opened.consoleErrors).toEqual([])
})

it('shows minutes for long waits, as the server does', async () => {
  await start({ ttl: 3600 }, ['users'])
  await hosted.open('users')
  await visit()
  await shows('users', '59 min ')
  expect(await rowOf('users')).toMatch(/\b59 min \d+ s\b/)
})

it('shows that the storage is lost, and that it is back', async () => {
  const storage = new MemoryStorage()
  await start({ storage }, ['users'])
  await hosted.breaker.init()
  await visit()
  expect(await textOf('#storage')).toBe('Storage up')
  storage.goDown('<b>unplugged</b>')
  const says = (text: string) => async () => (await textOf('#storage')).includes(text)
  await until(
    'it is lost',
    says(': <b>unplugged</b>. Circuits use only the results of this process'),
  )
  storage.comeBack()
  await until('it is back', says('without it'))
  expect(opened.consoleErrors).toEqual([])
})

it('shows a rate rise, open the circuit and pass, without a reload', async () => {
  const failureRate = { threshold: 0.5, window: 2, minimumRequests: 4 }
  await start({ failureRate, threshold: 9, ttl: 1 }, ['users'])
  await visit()
  await until('it is live', async () => (await textOf('#live')) === 'Live')
  await hosted.request('users', '/status/200')
  await hosted.request('users', '/status/500')
  await shows('users', '1 of 2 (50\u{A0}%)')
  // Nothing happens any more, and no event says that the window is empty.
  await shows('users', 'no requests')
  for (const status of [200, 200, 500, 500]) await hosted.request('users', `/status/${status}`)
  await shows('users', 'failure rate')
  expect(await rowOf('users')).toContain('2 of 4 (50\u{A0}%)')
  expect(await rowOf('users')).toMatch(/at \d\d:\d\d:\d\d UTC\s+round 1/)
  await shows('users', 'half-opened')
  await hosted.request('users', '/status/500')
  await shows('users', 'probe failed')
  expect(await rowOf('users')).toContain('round 2')
  expect(opened.consoleErrors).toEqual([])
})

it('marks requests that take too long', async () => {
  await start({ slowAfter: 0.1, threshold: 9 }, ['users'])
  await visit()
  const request = hosted.request('users', '/hang', { timeout: 5000 })
  await shows('users', 'slow')
  expect(await rowOf('users')).toContain('none yet')
  await request
  await shows('users', 'slow ECONNABORTED')
  expect(await opened.page.getByRole('img', { name: 'Last 1: 1 slow' }).count()).toBe(1)
  expect(opened.consoleErrors).toEqual([])
})

it('shows no storage status if there is no storage', async () => {
  await start({}, ['users'])
  await visit()
  expect(await opened.page.locator('#storage').isVisible()).toBe(false)
})

describe('hostile names', () => {
  const check = async (): Promise<void> => {
    const { page } = opened
    expect(await page.locator('tbody tr').count()).toBe(Object.keys(HOSTILE).length)
    expect(await page.locator('img, table script, table style').count()).toBe(0)
    const names = await page.locator('tbody bdi').allInnerTexts()
    const { script, image, closing, unicode, rightToLeft } = HOSTILE
    expect(names).toEqual(expect.arrayContaining([script, image, closing, unicode, rightToLeft]))
    expect(names).toContain('users\\u{202e}txt.exe')
    expect(names).toContain(
      'a\\u{d}\\u{a}\\u{d}\\u{a}event: whole\\u{a}data: {}\\u{a}\\u{a}\\u{0}b',
    )
    expect(names).toContain(`${'x'.repeat(119)}…`)
    expect(opened.consoleErrors).toEqual([])
  }

  it('have no effect, in the page or in its updates', async () => {
    await start({}, Object.values(HOSTILE))
    await visit()
    await check()
    for (const name of Object.values(HOSTILE)) await hosted.open(name)
    const count = Object.keys(HOSTILE).length
    await until('all are shown opened', async () => {
      return (await opened.page.locator('tr.opened').count()) === count
    })
    await check()
  })

  it('do not make a narrow screen scroll sideways', async () => {
    await start({}, Object.values(HOSTILE))
    for (const name of Object.values(HOSTILE)) await hosted.open(name)
    await visit({ viewport: { width: 320, height: 640 } })
    const [width, right] = await opened.page.evaluate(() => [
      document.documentElement.scrollWidth,
      Math.max(
        ...[...document.querySelectorAll('h1, p, th, td, svg')].map(
          (element) => element.getBoundingClientRect().right,
        ),
      ),
    ])
    expect(width).toBe(320)
    expect(right).toBeLessThanOrEqual(320)
  })
})

it('can be read without a script, and reloads itself', async () => {
  await start({}, ['users'])
  await visit({ javaScriptEnabled: false })
  expect(await rowOf('users')).toContain('closed')
  expect(await textOf('footer')).toContain('Refreshes every 10 s')
  await hosted.open('users')
  await opened.page.getByRole('link', { name: 'Refresh now' }).click()
  await shows('users', 'opened')
  expect(await rowOf('users')).toMatch(/\d+ s/)
  expect(await opened.page.locator('#live').isVisible()).toBe(false)
  hosted.attach('avatars')
  const isThere = async () => (await opened.page.locator('tbody tr').count()) === 2
  await until('it has reloaded itself', isThere, 15)
  expect(opened.consoleErrors).toEqual([])
})

describe('when the connection is lost', () => {
  const lost = 'Connection lost, reconnecting'

  it('says so, and comes back with the server', async () => {
    await start({}, ['users'])
    await visit()
    await until('it is live', async () => (await textOf('#live')) === 'Live')
    const { port } = hosted.host
    await hosted.host.stop()
    await until('it is lost', async () => (await textOf('#live')) === lost)
    await hosted.open('users')
    hosted.host = await Host.start(hosted.page, port)
    await until('it is back', async () => (await textOf('#live')) === 'Live')
    await shows('users', 'opened')
  })

  it('reconnects even if a proxy answered in the meantime', async () => {
    await start({}, ['users'])
    await visit()
    await until('it is live', async () => (await textOf('#live')) === 'Live')
    const { port } = hosted.host
    await hosted.host.stop()
    let refused = 0
    const proxy = await Host.start((_request, response) => {
      refused += 1
      response.writeHead(502).end()
    }, port)
    await until('the proxy was asked twice', () => refused >= 2)
    expect(await textOf('#live')).toBe(lost)
    await proxy.stop()
    await hosted.open('users')
    hosted.host = await Host.start(hosted.page, port)
    await shows('users', 'opened')
    expect(await textOf('#live')).toBe('Live')
  })
})

it('holds no connection while hidden', async () => {
  await start({}, ['users'])
  await visit()
  await until('it is live', async () => (await textOf('#live')) === 'Live')
  const turn = (isHidden: boolean): Promise<void> =>
    opened.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isHidden)
  const connections = (): Promise<number> =>
    new Promise((resolve) => hosted.host.server.getConnections((_, number) => resolve(number)))
  await turn(true)
  await until('there is no connection', async () => (await connections()) === 0, 15)
  await hosted.open('users')
  await turn(false)
  await shows('users', 'opened')
  expect(opened.consoleErrors).toEqual([])
})

it('has names and roles for screen readers', async () => {
  await start({}, ['users'])
  await hosted.open('users')
  await visit()
  const { page } = opened
  expect(await page.getByRole('table', { name: 'Circuits <here>' }).count()).toBe(1)
  expect(await page.getByRole('columnheader').allInnerTexts()).toEqual([
    'Circuit',
    'State',
    'Failures',
    'Retry in',
    'Last error',
    'Recent requests',
  ])
  expect(await page.getByRole('rowheader', { name: 'users' }).count()).toBe(1)
  expect(await page.getByRole('cell', { name: /^opened/ }).count()).toBe(1)
  expect(await page.getByRole('status').allInnerTexts()).toContain('1 opened users · 0 closed')
})
