/**
 * axios-mock-adapter: its answers count as those of a server do, and each request that it passes on counts
 * once.
 */
import type { AxiosRequestConfig } from 'axios'
import MockAdapter from 'axios-mock-adapter'
import { OpenedStateError, type Outcome } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

type Answer = ReturnType<MockAdapter['onGet']>

/** Each row starts after one failure: a success clears it, and a failure adds to it. */
const FAILURES_AFTER: Record<Outcome, number> = { success: 0, ignored: 1, failure: 2 }

const ANSWERS: [string, (answer: Answer) => unknown, Outcome, AxiosRequestConfig][] = [
  ['reply(200)', (answer) => answer.reply(200, {}), 'success', {}],
  ['reply(404)', (answer) => answer.reply(404), 'success', {}],
  ['reply(503)', (answer) => answer.reply(503), 'failure', {}],
  ['replyOnce(500)', (answer) => answer.replyOnce(500), 'failure', {}],
  ['reply() by a function', (answer) => answer.reply(() => [502]), 'failure', {}],
  ['reply() with a delay', (answer) => answer.withDelayInMs(5).reply(503), 'failure', {}],
  ['reply(503), accepted', (answer) => answer.reply(503), 'failure', { validateStatus: null }],
  ['networkError()', (answer) => answer.networkError(), 'failure', {}],
  ['timeout()', (answer) => answer.timeout(), 'failure', {}],
  [
    'timeout(), clarified',
    (answer) => answer.timeout(),
    'failure',
    { transitional: { clarifyTimeoutError: true } },
  ],
  // In a browser, axios reports this error if the user leaves the page.
  ['abortRequest()', (answer) => answer.abortRequest(), 'ignored', {}],
]

describe.each(ORDERS)('a circuit %s axios-mock-adapter', (order) => {
  const mocked = (scenario: Scenario = {}) =>
    // Its types come from the other module format of axios, so they differ for the compiler.
    new PluginHarness(upstream, order, (instance) => new MockAdapter(instance as never), scenario)

  it.each(ANSWERS)('counts %s once', async (_what, arrange, outcome, config) => {
    const harness = mocked()
    harness.plugged.onGet('/before').reply(503)
    await errorOf(harness.instance.get('/before'))
    arrange(harness.plugged.onGet('/naruto'))
    harness.reset()
    await harness.instance.get('/naruto', config).catch(() => undefined)
    expect(harness.counts).toMatchObject({ hits: 0, attempts: 1, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(FAILURES_AFTER[outcome])
  })

  it('counts the 404 of a request that nobody expected', async () => {
    const harness = mocked()
    await errorOf(harness.instance.get('/nobody'))
    expect(harness.counts).toEqual({ hits: 0, attempts: 1, failures: 0, refusals: 0 })
  })

  it('sends a refused request neither to the mock nor to the server', async () => {
    const harness = mocked({ threshold: 2 })
    harness.plugged.onGet().reply(503)
    await errorOf(harness.instance.get('/'))
    await errorOf(harness.instance.get('/'))
    expect(await errorOf(harness.instance.get('/'))).toBeInstanceOf(OpenedStateError)
    expect(harness.plugged.history.get).toHaveLength(2)
    expect(harness.counts).toEqual({ hits: 0, attempts: 2, failures: 2, refusals: 1 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('counts what the mock passes through to the server once', async () => {
    const harness = mocked()
    harness.plugged.onGet('/status/503').passThrough()
    await errorOf(harness.instance.get('/status/503'))
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 0 })
  })

  it('sends a request that would be passed through as the one probe', async () => {
    const harness = mocked({ outcome: 'ignored' })
    harness.plugged.onGet().passThrough()
    await harness.halfOpen()
    await harness.instance.get('/status/200')
    await errorOf(harness.instance.get('/reset'))
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 0 })
    expect(await harness.admits()).toBe(true)
  })

  it('counts what the server answers after restore(), and the mock before it', async () => {
    const harness = mocked()
    harness.plugged.onGet().reply(503)
    await errorOf(harness.instance.get('/status/200'))
    harness.plugged.restore()
    expect(harness.circuit.failureCount).toBe(1)
    await errorOf(harness.instance.get('/status/503'))
    expect(harness.counts).toEqual({ hits: 1, attempts: 2, failures: 2, refusals: 0 })
  })

  it('records a mocked request that is in flight at restore()', async () => {
    const harness = mocked()
    let answer = (_status: number): void => undefined
    const asked = new Promise<[number]>((resolve) => {
      answer = (status) => resolve([status])
    })
    harness.plugged.onGet().reply(() => asked)
    await harness.halfOpen()
    const probe = errorOf(harness.instance.get('/'))
    await until('the mock is asked', () => harness.plugged.history.get.length === 1)
    harness.plugged.restore()
    expect(await errorOf(harness.admits())).toBeInstanceOf(OpenedStateError)
    answer(503)
    await probe
    expect(harness.counts).toEqual({ hits: 0, attempts: 1, failures: 1, refusals: 1 })
    expect(harness.circuit.state).toBe('opened')
  })

  it('passes the permit on from each mocked answer to the next', async () => {
    const harness = mocked({ outcome: 'ignored' })
    await harness.halfOpen()
    for (const [, arrange] of ANSWERS) {
      harness.plugged.resetHandlers()
      arrange(harness.plugged.onGet())
      await harness.instance.get('/').catch(() => undefined)
    }
    expect(harness.counts).toMatchObject({ attempts: ANSWERS.length, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })
})
