/** How people force circuits from the page, in a real browser, under the page's own policy. */
import type { Circuit } from '../../lib/index.js'
import type { StatusPageActions } from '../../lib/status-page/index.js'
import { Browsing, type Opened } from '../support/browser.js'
import { Host, Hosted } from '../support/hosted.js'
import { until } from '../support/until.js'

jest.setTimeout(60_000)

let browsing: Browsing
beforeAll(async () => {
  browsing = await Browsing.start()
})
afterAll(() => browsing.stop())

let hosted: Hosted
let users: Circuit
const tabs: Opened[] = []
afterEach(async () => {
  for (const { page } of tabs.splice(0)) await page.context().close()
  await hosted.stop()
})

async function start(authorize: StatusPageActions['authorize'] = () => ({ by: 'ann' })) {
  hosted = await Hosted.start({ threshold: 1 }, { actions: { authorize } })
  users = hosted.attach('users')
  hosted.attach('avatars')
}

/** A tab, and what a person does in it. */
async function visit(options: Parameters<Browsing['open']>[1] = {}, url = hosted.url) {
  const opened = await browsing.open(url, options)
  tabs.push(opened)
  const { page, consoleErrors } = opened
  const row = page.locator('tr:has(bdi:text-is("users"))').first()
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const dialog = page.getByRole('dialog')
  const isLive = () => until('it is live', async () => (await page.innerText('#live')) === 'Live')
  const shows = (text: string) =>
    until(`it shows "${text}"`, async () => (await row.innerText()).includes(text))
  const says = (text: string) =>
    until(`it says "${text}"`, async () =>
      (await dialog.getByRole('alert').innerText()).includes(text),
    )
  const isShut = () => until('the dialog is closed', async () => !(await dialog.isVisible()))
  const force = async (action: RegExp, { time = '15 minutes', reason = '' } = {}) => {
    await button(
      (await row.innerText()).includes('forced') ? 'Change users' : 'Force users',
    ).click()
    await dialog.getByLabel(action).check()
    await dialog.getByRole('combobox', { name: 'For' }).selectOption(time)
    await dialog.getByLabel('Reason').fill(reason)
    await button('Apply').click()
  }
  await isLive()
  return { page, consoleErrors, row, button, dialog, shows, says, isShut, force, isLive }
}

const OPEN = /Force it open/
const CLOSED = /Force it closed/

it('forces a circuit with a reason and a time, and releases it, without a reload', async () => {
  await start()
  const tab = await visit()
  await tab.force(OPEN, { time: '1 hour', reason: 'maintenance <b>' })
  await tab.shows('forced open by ann')
  await tab.isShut()
  expect(users.forced).toMatchObject({ state: 'opened', by: 'ann', reason: 'maintenance <b>' })
  expect(users.forced?.endsIn).toBeGreaterThan(3500)
  expect(await tab.row.innerText()).toMatch(/maintenance <b>\s+until \d\d:\d\d:\d\d UTC/)
  expect(await tab.page.innerText('#summary')).toContain('1 forced open users')
  await tab.button('Change users').click()
  await tab.dialog.getByLabel(/Release it/).check()
  expect(await tab.dialog.getByLabel('Reason').isVisible()).toBe(false)
  await tab.button('Apply').click()
  await until('it is released', () => users.forced === undefined)
  await until('the page shows it', async () => !(await tab.row.innerText()).includes('forced'))
  expect(tab.consoleErrors).toEqual([])
})

it('shows what a circuit that is forced closed would have refused', async () => {
  await start()
  const tab = await visit()
  await tab.force(CLOSED, { time: 'until somebody releases it' })
  await tab.shows('until it is released')
  for (const status of [500, 500]) await hosted.request('users', `/status/${status}`)
  const strip = tab.row.getByRole('img', { name: 'Last 3: 2 failures, 1 counted as refused' })
  await until('both are shown', async () => (await strip.count()) === 1)
  expect(await tab.row.innerText()).toContain('forced closed')
  expect(tab.consoleErrors).toEqual([])
})

it('asks for a choice, and offers no release of a circuit that is not forced', async () => {
  await start()
  const { button, dialog, page } = await visit()
  await button('Force users').click()
  expect(await dialog.getByRole('heading').innerText()).toBe('users')
  expect(await dialog.getByLabel(/Release it/).isDisabled()).toBe(true)
  await button('Apply').click()
  expect(await dialog.isVisible()).toBe(true)
  expect(users.forced).toBeUndefined()
  await button('Cancel').click()
  expect(await dialog.isVisible()).toBe(false)
  await button('Force users').press('Enter')
  await page.keyboard.press('Escape')
  expect(await dialog.isVisible()).toBe(false)
  const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  expect(focused).toBe('Force users')
})

it('keeps a button under the pointer while its circuit changes all the time', async () => {
  await start()
  const { button, dialog, page, row, consoleErrors } = await visit()
  const before = await button('Force users').elementHandle()
  const hasSent = (number: number, text: string) =>
    until('it is shown', () =>
      row.getByRole('img', { name: `Last ${number}: ${text}` }).isVisible(),
    )
  await hosted.request('users', '/status/200')
  await hasSent(1, '1 success')
  await button('Force users').hover()
  await page.mouse.down()
  await hosted.request('users', '/status/200')
  await hasSent(2, '2 successes')
  await page.mouse.up()
  expect(await dialog.isVisible()).toBe(true)
  await hosted.request('users', '/status/500')
  await until('the row has changed', async () => (await page.locator('tr.opened').count()) === 1)
  const after = await button('Force users').elementHandle()
  expect(await page.evaluate(([one, other]) => one === other, [before, after])).toBe(true)
  expect(consoleErrors).toEqual([])
})

describe('says in the dialog', () => {
  it.each<[string, StatusPageActions['authorize'], string]>([
    ['that the person may not', () => false, 'You may not force circuits here'],
    [
      'what the circuit has against it',
      () => {
        users.detach()
        return true
      },
      'This circuit is no longer attached',
    ],
  ])('%s', async (_what, authorize, message) => {
    await start(authorize)
    const tab = await visit()
    await tab.force(OPEN, { reason: 'because' })
    await tab.says(message)
    expect(await tab.dialog.getByLabel('Reason').inputValue()).toBe('because')
    expect(await tab.button('Apply').isEnabled()).toBe(true)
  })

  it('that a proxy has answered in place of the page', async () => {
    await start()
    const tab = await visit()
    const answers: [status: number, headers: Record<string, string>, message: string][] = [
      [302, { location: '/sign-in' }, 'You are signed out: reload the page'],
      [200, { 'content-type': 'text/html' }, 'The server answered 200'],
      [502, { 'content-type': 'text/html' }, 'The server answered 502'],
    ]
    const { port } = hosted.host
    for (const [status, headers, message] of answers) {
      await hosted.host.stop()
      hosted.host = await Host.start((_request, response) => {
        response.writeHead(status, headers).end('<h1>Sign in</h1>')
      }, port)
      await tab.page.evaluate(() => document.querySelector('dialog')?.close())
      await tab.force(OPEN)
      await tab.says(message)
    }
    expect(users.forced).toBeUndefined()
  })

  it('that the server is gone', async () => {
    await start()
    const tab = await visit()
    await hosted.host.stop()
    await tab.force(OPEN)
    await tab.says('The server did not answer')
    expect(users.forced).toBeUndefined()
  })
})

it('follows a restart, but applies no choice to the circuits of another process', async () => {
  await start()
  const tab = await visit()
  await tab.button('Force users').click()
  await tab.dialog.getByLabel(OPEN).check()
  const { port } = hosted.host
  await hosted.stop()
  // In this one, the same number is that of another circuit.
  hosted = await Hosted.start({}, { actions: { authorize: () => true } })
  const [other, next] = ['mails', 'users'].map((name) => hosted.attach(name))
  await hosted.host.stop()
  hosted.host = await Host.start(hosted.page, port)
  await until('it has reconnected', async () =>
    (await tab.page.innerText('tbody')).includes('mails'),
  )
  await tab.button('Apply').click()
  await tab.says('The page is from another process, or from before a restart: reload it')
  expect(other?.forced).toBeUndefined()
  await tab.button('Cancel').click()
  await tab.force(OPEN)
  await tab.shows('forced open')
  expect([other?.forced, next?.forced?.state]).toEqual([undefined, 'opened'])
})

it('shows in one tab what another has done, and the last action counts', async () => {
  await start((request) => ({ by: String(request.headers['x-user']) }))
  const [ann, bob] = [
    await visit({ extraHTTPHeaders: { 'x-user': 'ann' } }),
    await visit({ extraHTTPHeaders: { 'x-user': 'bob' } }),
  ]
  await bob.button('Force users').click()
  await ann.force(OPEN)
  await bob.shows('forced open by ann')
  await bob.dialog.getByLabel(CLOSED).check()
  await bob.button('Apply').click()
  await ann.shows('forced closed by bob')
  expect(users.forced).toMatchObject({ state: 'closed', by: 'bob' })
  await Promise.all([ann.force(OPEN), bob.force(CLOSED)])
  await Promise.all([ann.isShut(), bob.isShut()])
  const last = users.forced?.by ?? ''
  for (const tab of [ann, bob]) await tab.shows(`by ${last}`)
  expect([...ann.consoleErrors, ...bob.consoleErrors]).toEqual([])
})

it('obeys no page of another site that the person has open', async () => {
  await start(() => true)
  const token = await (await visit()).page.getAttribute('body', 'data-token')
  const evil = await Host.start((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Free kittens</h1>')
  })
  const opened = await browsing.open(evil.url.replace('127.0.0.1', 'localhost'))
  tabs.push(opened)
  const sent = await opened.page.evaluate(
    async ([url = '', known = '']) => {
      const body = JSON.stringify({ circuit: 1, action: 'opened' })
      const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded']
      const attempts = types.flatMap((type) => [
        {
          mode: 'cors',
          headers: { 'content-type': type, 'x-axios-breaker-token': known },
        } as const,
        { mode: 'no-cors', headers: { 'content-type': type } } as const,
      ])
      const results = attempts.map((attempt) =>
        fetch(url, { method: 'POST', credentials: 'include', body, ...attempt }).then(
          ({ type }) => type,
          () => 'blocked',
        ),
      )
      return Promise.all(results)
    },
    [hosted.url, token ?? ''],
  )
  expect(new Set(sent)).toEqual(new Set(['blocked']))
  expect(users.forced).toBeUndefined()
  const framed = await opened.page.evaluate(async (url) => {
    const form = document.createElement('form')
    Object.assign(form, { method: 'post', action: url, enctype: 'text/plain', target: 'hidden' })
    form.innerHTML = `<input name='{"circuit":1,"action":"opened","reason":"' value='"}'>`
    const frame = Object.assign(document.createElement('iframe'), { name: 'hidden' })
    document.body.append(form, frame)
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
    form.submit()
    await loaded
    return true
  }, hosted.url)
  expect([framed, users.forced]).toEqual([true, undefined])
  await evil.stop()
})

it('shows hostile names and reasons as text', async () => {
  await start(() => ({ by: '<img src=x onerror=alert(1)>' }))
  const name = `"'></title><script>alert(1)</script>`
  const hostile = hosted.attach(name)
  const { page, dialog, consoleErrors } = await visit()
  await page.locator('tbody tr').nth(2).getByRole('button').click()
  expect(await dialog.getByRole('heading').innerText()).toBe(name)
  await dialog.getByLabel(OPEN).check()
  await dialog.getByLabel('Reason').fill('</small><script>alert(2)</script>\u202e')
  await page.getByRole('button', { name: 'Apply' }).click()
  await until('it is shown', async () => (await page.innerText('tbody')).includes('<img src=x'))
  expect(await page.innerText('tbody')).toContain('</small><script>alert(2)</script>\\u{202e}')
  expect(await page.locator('img, tbody script').count()).toBe(0)
  expect(hostile.forced?.state).toBe('opened')
  expect(consoleErrors).toEqual([])
})

it('says that it needs a script, and offers no button without one', async () => {
  await start()
  const opened = await browsing.open(hosted.url, { javaScriptEnabled: false })
  tabs.push(opened)
  const { page } = opened
  expect(await page.getByRole('button').count()).toBe(0)
  expect(await page.innerText('main')).toContain(
    'Only a browser with JavaScript can force a circuit here.',
  )
})

it('fits a narrow screen', async () => {
  await start()
  await users.force('opened', { by: 'x'.repeat(200), reason: 'y'.repeat(200) })
  const { page, button, dialog } = await visit({ viewport: { width: 320, height: 640 } })
  await button('Change users').click()
  const widths = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.querySelector('dialog')?.scrollWidth ?? Infinity,
  ])
  for (const width of widths) expect(width).toBeLessThanOrEqual(320)
  expect(await dialog.isVisible()).toBe(true)
})
