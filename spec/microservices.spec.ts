/** Runs the microservices as their README says, and checks what Prometheus and the mail server saw. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Microservices, readQueries, readStory, runInShell } from './support/microservices.js'
import {
  asQuery,
  expressionsOf,
  metricsIn,
  readDashboard,
  readRules,
} from './support/monitoring.js'
import { root } from './support/program.js'
import { until } from './support/until.js'

/** Seconds. A busy machine takes its time to start the processes alone. */
const LIMIT = 60
jest.setTimeout(LIMIT * 2000)

const REJECTED = 'circuit_breaker_rejected_total'
const PROCESSES = ['notification-1', 'notification-2']
const story = readStory()
const begin = Date.now() / 1000
let example: Microservices
let folder = ''

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/esm/index.js'))) {
    throw new Error('The example needs the built library: run `npm run build` first')
  }
  folder = mkdtempSync(join(tmpdir(), 'microservices-'))
  example = new Microservices({ TMPDIR: folder })
  await example.started(LIMIT)
  await scraped('circuit_breaker_state', PROCESSES.length)
  await scraped('up == 1', 4)
  // On a busy machine Redis may be late for the deadline of init().
  await scraped('circuit_breaker_storage_up == 1', PROCESSES.length)
})

afterAll(() => {
  example.signal('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Waits until Prometheus has that many series. */
function scraped(query: string, count: number): Promise<void> {
  const isThere = async () => (await example.query(query)).length === count
  return until(`Prometheus has ${count} of ${query}`, isThere, LIMIT)
}

/** How often the README shows it. */
function received(pattern: RegExp): number {
  return [
    ...story
      .map(({ output }) => output)
      .join('\n')
      .matchAll(pattern),
  ].length
}

it('answers as its README says', async () => {
  for (const { command, output } of story) {
    const answer = await runInShell(example.adapt(command))
    expect({ command, output: answer }).toEqual({ command, output })
  }
  expect(received(/"refused"/g)).toBeGreaterThan(1)
})

describe('Prometheus', () => {
  it.each(PROCESSES)('saw the circuit of %s open, half-open and close', async (instance) => {
    const state = `circuit_breaker_state{client_name="users",instance="${instance}"}`
    expect(await example.figure(state, 0)).toBe(0)
    const [series] = await example.queryRange(state, begin)
    const values = series?.values ?? []
    expect(values.filter((value, i) => value !== values[i - 1])).toEqual([0, 2, 1, 0])
  })

  it.each([
    ['failures', 'circuit_breaker_error_total', /"user service: 500"/g],
    ['requests refused before the probe', `${REJECTED}{reason="opened"}`, /"ref.*"opened"/g],
    ['requests refused while it ran', `${REJECTED}{reason="half-opened"}`, /"ref.*"half-opened"/g],
    ['probes, one for both', 'circuit_breaker_probe_total', /"half-opened"}\n.*"sentTo"/g],
    ['mails', 'http_requests_total{status="202"}', /"sentTo"/g],
    ['unknown users', 'http_requests_total{job="notification",status="404"}', /"unknown user"/g],
    ['answers that it failed', 'http_requests_total{status="502"}', /"user service: 500"/g],
    ['answers that it is refused', 'http_requests_total{status="503"}', /"refused"/g],
  ])('counted the %s', async (_, metric, pattern) => {
    const count = received(pattern)
    expect(count).toBeGreaterThan(0)
    expect(await example.figure(`sum(${metric})`, count)).toBe(count)
  })

  it('saw both refuse', async () => {
    const refusing = await example.query(`sum by (instance) (${REJECTED}) > 0`)
    expect(new Set(refusing.map(({ metric }) => metric.instance))).toEqual(new Set(PROCESSES))
  })

  it.each(['202', '404', '502', '503'])('has the rate of answers with %s', async (status) => {
    const rate = `sum by (status) (rate(http_requests_total{job="notification",status="${status}"}[1m]))`
    await scraped(`${rate} > 0`, 1)
    const series = await example.queryRange(rate, begin)
    expect(series.map(({ metric }) => metric)).toEqual([{ status }])
  })

  it('loads the alerts', async () => {
    const { data } = JSON.parse(await example.get('http://localhost:4090/api/v1/rules')) as {
      data: { groups: { rules: { name: string; health: string }[] }[] }
    }
    const rules = data.groups.flatMap((group) => group.rules)
    expect(rules.map(({ name }) => name)).toEqual(readRules().map(({ alert }) => alert))
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
  })

  const sources = {
    dashboard: expressionsOf(readDashboard()),
    alerts: readRules().map(({ expr }) => expr),
    README: readQueries(),
  }
  for (const [source, expressions] of Object.entries(sources)) {
    it.each(expressions)(`finds what is asked for by the ${source}: %s`, async (expression) => {
      expect(await example.query(asQuery(expression))).not.toEqual([])
      const known = await example.metricNames()
      expect(metricsIn(expression)).not.toEqual([])
      expect(metricsIn(expression).filter((name) => !known.has(name))).toEqual([])
    })
  }
})

describe('the mail server', () => {
  it('received what the services say they have sent', async () => {
    const page = await example.get('http://localhost:4003')
    const mails = page.match(/&lt;\w+@konoha.example&gt;/g) ?? []
    const sent = story.flatMap(({ output }) => output.match(/\w+@konoha.example/g) ?? [])
    expect(mails.toReversed()).toEqual(sent.map((address) => `&lt;${address}&gt;`))
  })

  it('shows them as text, whatever is in them', async () => {
    const message = `<script>alert("it's here")</script>`
    const body = new URLSearchParams({ username: 'naruto', message })
    const url = example.adapt('http://localhost:4001/notifications')
    expect((await fetch(url, { method: 'POST', body })).status).toBe(202)
    const page = await example.get('http://localhost:4003')
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;alert(&quot;it&#39;s here&quot;)&lt;/script&gt;')
  })
})

it('says so if a port is taken', async () => {
  const server = createServer().listen(4000, '127.0.0.1')
  // If somebody else has taken the port already, it is taken all the same.
  await once(server, 'listening').catch(() => undefined)
  const run = new Microservices({ PORTS: '' })
  expect((await run.end()).code).toBe(1)
  expect(run.stderr).toContain('port 4000, of user, is taken')
  server.close()
})

it('leaves nothing behind if it is ended while it starts', async () => {
  const own = mkdtempSync(join(tmpdir(), 'microservices-'))
  const run = new Microservices({ TMPDIR: own })
  await until('Redis starts', () => readdirSync(own).length > 0, LIMIT)
  run.signal('SIGINT')
  expect((await run.end()).code).toBe(0)
  expect(run.stderr).toBe('')
  expect(readdirSync(own)).toEqual([])
  await until('no process is left', () => !run.signal(0))
  rmSync(own, { recursive: true })
})

it.each([4001, 4002])('shows its circuits at %i/circuits', async (port) => {
  expect(await example.get(`http://localhost:${port}/circuits`)).toContain('users')
})

it('ends on Ctrl-C, and leaves neither process nor file behind', async () => {
  const { stderr } = example
  expect(example.signal('SIGINT')).toBe(true)
  expect((await example.end()).code).toBe(0)
  expect(example.stderr).toBe(stderr)
  await until('no process is left', () => !example.signal(0))
  expect(readdirSync(folder)).toEqual([])
})
