/** Attempts that end after their adapter, or never end. */
import type { Readable } from 'node:stream'
import axios from 'axios'
import { CircuitBreaker } from '../../../lib/index.js'
import { describeOutcomes } from '../../support/outcome-table.js'
import { runScript } from '../../../scripts/run.mjs'
import { Upstream } from '../../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

describeOutcomes('a stream', [
  [
    'that breaks after its headers, when the attempt has already ended',
    async (instance) => {
      const { data } = await instance.get('/cut', { responseType: 'stream' })
      await drain(data)
    },
    'success',
  ],
  [
    'of a 500',
    (instance) =>
      instance.get('/status/500', { responseType: 'stream', validateStatus: () => true }),
    'failure',
  ],
])

async function drain(stream: Readable | ReadableStream): Promise<void> {
  try {
    for await (const chunk of stream as Readable) void chunk
  } catch {
    // That it breaks is the point of the row.
  }
}

it.each(['http', 'fetch'])(
  'counts two requests that one CancelToken cancels separately (%s)',
  async (adapter) => {
    const instance = axios.create({ baseURL: upstream.origin, adapter, timeout: 200 })
    const ended = new Set<string | undefined>()
    const breaker = new CircuitBreaker()
    breaker.attach(instance, 'shared token', {
      outcome: ({ config }) => {
        ended.add(config.url)
        return undefined
      },
    })
    const { token: cancelToken, cancel } = axios.CancelToken.source()
    const requests = ['/hang?1', '/hang?2'].map((url) => instance.get(url, { cancelToken }))
    setTimeout(cancel, 20)
    await Promise.allSettled(requests)
    expect(ended).toEqual(new Set(['/hang?1', '/hang?2']))
    expect(breaker.circuit('shared token')?.failureCount).toBe(0)
  },
)

/** axios 1.x throws this error from a socket's event, which ends a process. So it runs in a process of its own. */
const NEVER_SETTLES = `
  import axios from 'axios'
  import { CircuitBreaker } from 'axios-breaker'
  process.on('uncaughtException', () => undefined)
  const instance = axios.create({ baseURL: process.argv[1], adapter: 'http' })
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 0.01, probeTimeout: 1 })
  const circuit = breaker.attach(instance, 'service')
  const halfOpened = async () => { while (circuit.state !== 'half-opened') await pause() }
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5))
  await instance.get('/status/500').catch(() => undefined)
  await halfOpened()
  instance.get('/status/200', { validateStatus: () => { throw new Error('of the caller') } })
  const refusal = await instance.get('/status/200').catch((error) => error.name)
  while (circuit.state !== 'closed') {
    await instance.get('/status/200').catch(() => undefined)
    await pause()
  }
  console.log(refusal, circuit.state)
  process.exit()
`

it('passes the permit of a probe that never ends on to the next request', async () => {
  const printed = await runScript(NEVER_SETTLES, { args: [upstream.origin] })
  expect(printed).toBe('OpenedStateError closed')
}, 30_000)
