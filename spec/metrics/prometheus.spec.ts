/** What a scrape says of circuits, through a real server. */
import axios from 'axios'
import { register, Registry } from 'prom-client'
import { CircuitBreaker, type CircuitBreakerOptions } from '../../lib/index.js'
import { collectMetrics, type CollectMetricsOptions } from '../../lib/metrics/prometheus/index.js'
import { TestClock } from '../../lib/testing/index.js'
import { advance } from '../support/clock.js'
import { Exporter } from '../support/scrape.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

const exporters: Exporter[] = []
afterEach(async () => {
  for (const exporter of exporters.splice(0)) await exporter.stop()
})

async function collected(
  options: CircuitBreakerOptions = {},
  settings: CollectMetricsOptions = {},
) {
  const registry = new Registry()
  const breaker = new CircuitBreaker({ threshold: 2, ttl: 60, ...options })
  const users = axios.create({ baseURL: upstream.origin })
  const circuit = breaker.attach(users, 'users')
  const stop = collectMetrics(breaker, { registry, ...settings })
  const exporter = await Exporter.start(registry)
  exporters.push(exporter)
  const request = (path: string, method = 'get') =>
    users.request({ url: path, method }).then(({ status }) => status, String)
  return { breaker, circuit, exporter, registry, request, stop, users }
}

const DURATION = 'circuit_breaker_request_duration_seconds'
const name = 'client_name="users"'

it('shows the state of a circuit as it is when it is asked for', async () => {
  const { exporter, request } = await collected()
  const state = () => exporter.samples('circuit_breaker_state')
  expect(await state()).toEqual({ [`{${name}}`]: 0 })
  await request('/status/500')
  await request('/status/500')
  expect(await state()).toEqual({ [`{${name}}`]: 2 })
  advance(61)
  expect(await state()).toEqual({ [`{${name}}`]: 1 })
  await request('/status/200')
  expect(await state()).toEqual({ [`{${name}}`]: 0 })
})

it('shows circuits that are attached later, and begins their counters at 0', async () => {
  const { breaker, exporter } = await collected()
  breaker.attach(axios.create(), 'avatars')
  const avatars = 'client_name="avatars"'
  const samples = Object.entries(await exporter.samples()).filter(([it]) => it.includes(avatars))
  expect(Object.fromEntries(samples)).toEqual({
    [`circuit_breaker_state{${avatars}}`]: 0,
    [`circuit_breaker_forced{${avatars},state="opened"}`]: 0,
    [`circuit_breaker_forced{${avatars},state="closed"}`]: 0,
    [`circuit_breaker_error_total{${avatars}}`]: 0,
    [`circuit_breaker_slow_total{${avatars}}`]: 0,
    [`circuit_breaker_rejected_total{${avatars},reason="opened"}`]: 0,
    [`circuit_breaker_rejected_total{${avatars},reason="half-opened"}`]: 0,
    [`circuit_breaker_dry_run_rejected_total{${avatars}}`]: 0,
    [`circuit_breaker_probe_total{${avatars},result="success"}`]: 0,
    [`circuit_breaker_probe_total{${avatars},result="failure"}`]: 0,
    [`circuit_breaker_probe_total{${avatars},result="ignored"}`]: 0,
    [`circuit_breaker_transitions_total{${avatars},to="closed",origin="local"}`]: 0,
    [`circuit_breaker_transitions_total{${avatars},to="opened",origin="local",cause="streak"}`]: 0,
    [`circuit_breaker_transitions_total{${avatars},to="opened",origin="local",cause="probe"}`]: 0,
    [`circuit_breaker_transitions_total{${avatars},to="half-opened",origin="local"}`]: 0,
  })
})

it('counts failures, refusals, probes and transitions', async () => {
  const { exporter, request } = await collected()
  await request('/status/500')
  await request('/reset')
  await request('/')
  advance(61)
  await request('/status/500')
  advance(61)
  const held = request('/hold')
  await until('the probe has arrived', () => upstream.held.length === 1)
  await request('/')
  await request('/')
  upstream.release(200)
  await held
  const samples = (metric: string) => exporter.samples(`${metric}{${name}`)
  expect(await samples('circuit_breaker_error_total')).toEqual({ '}': 3 })
  expect(await samples('circuit_breaker_rejected_total')).toEqual({
    ',reason="opened"}': 1,
    ',reason="half-opened"}': 2,
  })
  expect(await samples('circuit_breaker_probe_total')).toEqual({
    ',result="success"}': 1,
    ',result="failure"}': 1,
    ',result="ignored"}': 0,
  })
  expect(await samples('circuit_breaker_transitions_total')).toEqual({
    ',to="closed",origin="local"}': 1,
    ',to="opened",origin="local",cause="streak"}': 1,
    ',to="opened",origin="local",cause="probe"}': 1,
    ',to="half-opened",origin="local"}': 2,
  })
})

describe('the failure rate', () => {
  const ratios = (exporter: Exporter) => exporter.samples('circuit_breaker_failure_ratio')
  const failureRate = { threshold: 0.5, window: 10, minimumRequests: 4 }

  it('is that of the window when it is asked for, of circuits that have one', async () => {
    const { breaker, exporter, request } = await collected({ failureRate })
    breaker.attach(axios.create(), 'avatars', { failureRate: false })
    expect(await ratios(exporter)).toEqual({ [`{${name}}`]: 0 })
    for (const path of ['/', '/status/500', '/']) await request(path)
    expect(await ratios(exporter)).toEqual({ [`{${name}}`]: 1 / 3 })
    advance(11)
    expect(await ratios(exporter)).toEqual({ [`{${name}}`]: 0 })
  })

  it('opens the circuit under a label of its own', async () => {
    const { exporter, request } = await collected({ failureRate, threshold: 3 })
    const openings = () =>
      exporter.samples(`circuit_breaker_transitions_total{${name},to="opened",origin="local"`)
    expect(await openings()).toEqual({
      ',cause="streak"}': 0,
      ',cause="rate"}': 0,
      ',cause="probe"}': 0,
    })
    for (const path of ['/', '/status/500', '/', '/status/500']) await request(path)
    expect(await openings()).toMatchObject({ ',cause="streak"}': 0, ',cause="rate"}': 1 })
    expect(await ratios(exporter)).toEqual({ [`{${name}}`]: 0 })
  })
})

describe('a force', () => {
  const forces = (exporter: Exporter) => exporter.samples(`circuit_breaker_forced{${name},state=`)
  const refusals = async (exporter: Exporter) => [
    await exporter.samples(`circuit_breaker_rejected_total{${name},reason=`),
    await exporter.samples('circuit_breaker_dry_run_rejected_total'),
  ]

  it('is shown by its state, for as long as it stands', async () => {
    const clock = new TestClock()
    const { circuit, exporter, request } = await collected({ now: clock.now })
    await circuit.force('opened', { for: 60 })
    expect(await forces(exporter)).toEqual({ '"opened"}': 1, '"closed"}': 0 })
    await request('/')
    expect(await refusals(exporter)).toEqual([
      { '"opened"}': 1, '"half-opened"}': 0 },
      { [`{${name}}`]: 0 },
    ])
    clock.advance(61)
    expect(await forces(exporter)).toEqual({ '"opened"}': 0, '"closed"}': 0 })
  })

  it('closed counts separately what the circuit would have refused', async () => {
    const { circuit, exporter, request } = await collected()
    await circuit.force('closed')
    expect(await forces(exporter)).toEqual({ '"opened"}': 0, '"closed"}': 1 })
    for (const path of ['/status/500', '/status/500', '/', '/']) await request(path)
    expect(await exporter.samples('circuit_breaker_state')).toEqual({ [`{${name}}`]: 0 })
    expect(await refusals(exporter)).toEqual([
      { '"opened"}': 0, '"half-opened"}': 0 },
      { [`{${name}}`]: 2 },
    ])
  })

  it('of circuits of one name is shown for each state that one of them has', async () => {
    const { circuit, exporter, registry } = await collected()
    const other = new CircuitBreaker({ dryRun: true })
    const users = other.attach(axios.create(), 'users')
    collectMetrics(other, { registry })
    await circuit.force('opened')
    expect(await forces(exporter)).toEqual({ '"opened"}': 1, '"closed"}': 1 })
    await circuit.unforce()
    users.detach()
    expect(await forces(exporter)).toEqual({ '"opened"}': 0, '"closed"}': 0 })
    circuit.detach()
    expect(await exporter.samples('circuit_breaker_forced')).toEqual({})
    expect(await exporter.samples('circuit_breaker_dry_run')).toEqual({})
  })
})

describe('slow requests', () => {
  const counts = async (exporter: Exporter) => [
    await exporter.samples('circuit_breaker_error_total'),
    await exporter.samples('circuit_breaker_slow_total'),
  ]

  it('are counted while they are under way, with no other event than the scrape', async () => {
    const clock = new TestClock()
    const { exporter, request } = await collected({ slowAfter: 2, threshold: 9, now: clock.now })
    const held = [request('/hold'), request('/hold')]
    await until('both have arrived', () => upstream.held.length === 2)
    clock.advance(1)
    expect(await counts(exporter)).toEqual([{ [`{${name}}`]: 0 }, { [`{${name}}`]: 0 }])
    clock.advance(2)
    expect(await counts(exporter)).toEqual([{ [`{${name}}`]: 2 }, { [`{${name}}`]: 2 }])
    while (upstream.held.length > 0) upstream.release(200)
    await Promise.all(held)
    await request('/status/500')
    expect(await counts(exporter)).toEqual([{ [`{${name}}`]: 3 }, { [`{${name}}`]: 2 }])
  })
})

describe('the durations of requests', () => {
  it('are counted by method and class of status, or as an error without an answer', async () => {
    const { exporter, request } = await collected({ threshold: 9 })
    const paths = ['/', '/status/204', '/status/404', '/status/503', '/reset', '/close']
    for (const path of paths) await request(path)
    await request('/', 'post')
    expect(await exporter.samples(`${DURATION}_count{${name}`)).toEqual({
      ',method="GET",status="2xx"}': 2,
      ',method="GET",status="4xx"}': 1,
      ',method="GET",status="5xx"}': 1,
      ',method="GET",status="error"}': 2,
      ',method="POST",status="2xx"}': 1,
    })
  })

  it('are counted by method, however an interceptor has written it', async () => {
    const { exporter, users } = await collected()
    const methods: unknown[] = ['POST', 'Put', 'get', 'purge', null, 5, {}]
    users.interceptors.request.use((config) =>
      Object.assign(config, { method: methods[Number(config.url)] }),
    )
    const answer = { data: '', status: 200, statusText: '', headers: {} }
    for (const index of methods.keys()) {
      await users.get(String(index), { adapter: async (config) => ({ ...answer, config }) })
    }
    expect(await exporter.samples(`${DURATION}_count{${name}`)).toEqual({
      ',method="POST",status="2xx"}': 1,
      ',method="PUT",status="2xx"}': 1,
      ',method="GET",status="2xx"}': 1,
      ',method="OTHER",status="2xx"}': 4,
    })
  })

  it('are counted by exact status if the option says so', async () => {
    const { exporter, request } = await collected({}, { statusLabel: 'code' })
    for (const path of ['/', '/status/204', '/status/404', '/reset']) await request(path)
    expect(Object.keys(await exporter.samples(`${DURATION}_count{${name}`))).toEqual([
      ',method="GET",status="200"}',
      ',method="GET",status="204"}',
      ',method="GET",status="404"}',
      ',method="GET",status="error"}',
    ])
  })

  it.each(['class', 'code'] as const)(
    'have a bounded number of series by %s, whatever methods are sent and statuses answered',
    async (statusLabel) => {
      const { exporter, users } = await collected({ threshold: 99 }, { statusLabel })
      for (let count = 0; count < 30; count += 1) {
        const status = [NaN, -1, 0, 99, 600, 1e9, 200.5][count % 7]
        const answer = { data: '', statusText: '', headers: {} }
        await users.request({
          method: `X-${count}`,
          adapter: async (config) => ({ ...answer, status: Number(status), config }),
          validateStatus: null,
        })
      }
      expect(await exporter.samples(`${DURATION}_count{${name}`)).toEqual({
        ',method="OTHER",status="other"}': 30,
      })
    },
  )

  it('are seconds, in ranges that add up', async () => {
    const { exporter, request } = await collected({}, { buckets: [0.05, 20] })
    const held = request('/hold')
    await until('the request has arrived', () => upstream.held.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    upstream.release(200)
    await held
    const labels = `${name},method="GET",status="2xx"`
    const samples = await exporter.samples(DURATION)
    expect(samples).toEqual({
      [`_bucket{le="0.05",${labels}}`]: 0,
      [`_bucket{le="20",${labels}}`]: 1,
      [`_bucket{le="+Inf",${labels}}`]: 1,
      [`_sum{${labels}}`]: expect.any(Number),
      [`_count{${labels}}`]: 1,
    })
    expect(samples[`_sum{${labels}}`]).toBeGreaterThan(0.09)
    expect(samples[`_sum{${labels}}`]).toBeLessThan(20)
  })

  it('fall above a bound if the request timed out after that time', async () => {
    const { exporter, users } = await collected()
    await users.get('/hang', { timeout: 250 }).catch(() => undefined)
    const ranges = await exporter.samples(`${DURATION}_bucket{le=`)
    const rest = `,${name},method="GET",status="error"}`
    expect(ranges).toMatchObject({ [`"0.25"${rest}`]: 0, [`"30"${rest}`]: 1 })
  })
})

it('escapes what would break a line', async () => {
  const { breaker, exporter } = await collected()
  breaker.attach(axios.create(), 'with "quotes", \\ and\nlines {}')
  await until('the circuit is shown', async () => (await exporter.text()).includes('quotes'))
  expect(await exporter.text()).toContain('client_name="with \\"quotes\\", \\\\ and\\nlines {}"')
})

it('uses the global registry if none is given', async () => {
  const breaker = new CircuitBreaker()
  breaker.attach(axios.create(), 'users')
  const stop = collectMetrics(breaker)
  expect(await register.metrics()).toContain(`circuit_breaker_state{${name}} 0`)
  stop()
  expect(register.getMetricsAsArray()).toEqual([])
})
