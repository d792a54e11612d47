/** A caller who changes its mind proves nothing about the service. */
import axios, {
  getAdapter,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type CancelToken,
} from 'axios'
import { CircuitBreaker, OpenedStateError } from '../../../lib/index.js'
import { TestClock } from '../../../lib/testing/index.js'
import { judgementOf } from '../../support/judgement.js'
import { axiosIsBefore, describeOutcomes, type Row } from '../../support/outcome-table.js'
import { errorOf } from '../../support/plugin-harness.js'
import { until } from '../../support/until.js'
import { Upstream } from '../../support/upstream.js'

/** Cancels when the upstream has the request, or its headers have come: never before anything was sent. */
function cancelDuring(url: string, ms: number, reason?: unknown) {
  return async (instance: AxiosInstance): Promise<unknown> => {
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(reason), ms)
    return instance.get(url, { signal: abort.signal }).finally(() => clearTimeout(timer))
  }
}

async function abortAfterwards(instance: AxiosInstance, url: string): Promise<void> {
  const abort = new AbortController()
  await instance.get(url, { signal: abort.signal }).catch(() => undefined)
  abort.abort()
}

/** Cancels with the error of another request, as a caller may who needs all of several answers. */
const cancelLike =
  (other: string): Row[1] =>
  async (instance) => {
    const reason = await errorOf(axios.get(other, { baseURL: String(instance.defaults.baseURL) }))
    return cancelDuring('/hang', 20, reason)(instance)
  }

describeOutcomes('an abort', [
  [
    'before the request',
    (instance) => instance.get('/hang', { signal: AbortSignal.abort() }),
    'not dispatched',
  ],
  ['while waiting', cancelDuring('/hang', 20), 'ignored'],
  ['with a reason', cancelDuring('/hang', 20, new Error('no interest')), 'ignored'],
  ['with the 500 of another request', cancelLike('/status/500'), 'ignored'],
  ['with the 404 of another request', cancelLike('/status/404'), 'ignored'],
  ['with the reset of another request', cancelLike('/reset'), 'ignored'],
  ['while the body stalls', cancelDuring('/stall', 60), 'ignored'],
  ['while the body of a 500 stalls', cancelDuring('/stall/500', 60), 'ignored'],
  ['after the answer', (instance) => abortAfterwards(instance, '/status/200'), 'success'],
  ['after a 500', (instance) => abortAfterwards(instance, '/status/500'), 'failure'],
])

function withToken(send: (cancelToken: CancelToken, cancel: () => void) => unknown): unknown {
  const { token, cancel } = axios.CancelToken.source()
  return send(token, cancel)
}

const TOKEN_ROWS: readonly Row[] = [
  [
    'before the request',
    (instance) =>
      withToken((cancelToken, cancel) => {
        cancel()
        return instance.get('/hang', { cancelToken })
      }),
    'not dispatched',
  ],
  [
    'after the answer',
    (instance) =>
      withToken(async (cancelToken, cancel) => {
        await instance.get('/status/200', { cancelToken })
        cancel()
      }),
    'success',
  ],
]

const inFlight =
  (config: AxiosRequestConfig) =>
  (instance: AxiosInstance): unknown =>
    withToken((cancelToken, cancel) => {
      setTimeout(cancel, 20)
      return instance.get('/hang', { cancelToken, ...config })
    })

// The fetch adapter of axios before 1.8 does not listen to the token: there the timeout ends the request.
const ending = axiosIsBefore('1.8') ? { timeout: 60 } : {}

describeOutcomes('a CancelToken', [...TOKEN_ROWS, ['while waiting', inFlight(ending), 'ignored']])

/** An adapter that rejects with this error, after the caller has cancelled. */
const rejecting = (error: unknown, meanwhile: () => void = () => undefined) => ({
  adapter: async (): Promise<never> => {
    meanwhile()
    throw error
  },
})

describe("an adapter of one's own", () => {
  it('may say by its error alone that the request was cancelled', async () => {
    const config = rejecting(new axios.CanceledError())
    expect(await judgementOf((instance) => instance.get('/', config))).toBe('ignored')
  })

  it('may reject with any error once the signal is aborted', async () => {
    const abort = new AbortController()
    const config = rejecting(new Error('stopped'), () => abort.abort())
    const send = (instance: AxiosInstance) => instance.get('/', { ...config, signal: abort.signal })
    expect(await judgementOf(send)).toBe('ignored')
  })

  it('may reject with any error once the token is cancelled', async () => {
    const { token: cancelToken, cancel } = axios.CancelToken.source()
    const config = rejecting(new Error('stopped'), () => cancel())
    const send = (instance: AxiosInstance) => instance.get('/', { ...config, cancelToken })
    expect(await judgementOf(send)).toBe('ignored')
  })

  it('may cancel with its own error, whose answer counts', async () => {
    const abort = new AbortController()
    const adapter: AxiosAdapter = async (config) => {
      const response = { data: '', status: 500, statusText: '', headers: {}, config }
      const error = new axios.AxiosError('failed', undefined, config, undefined, response)
      abort.abort(error)
      throw error
    }
    const send = (instance: AxiosInstance) => instance.get('/', { adapter, signal: abort.signal })
    expect(await judgementOf(send)).toBe('failure')
  })
})

interface Cancelled {
  readonly requests?: number
  readonly status?: number
  readonly other?: AxiosInstance
}

/** The fetch adapter rejects with the reason itself if that is an AxiosError. */
describe('a cancellation with the error of another request', () => {
  let upstream: Upstream
  beforeAll(async () => {
    upstream = await Upstream.start()
  })
  afterAll(() => upstream.stop())

  const service = (adapter: AxiosRequestConfig['adapter'] = 'fetch') => {
    const { origin: baseURL } = upstream
    const clock = new TestClock()
    const breaker = new CircuitBreaker({ threshold: 1, ttl: 10, maxRetryAfter: 60, now: clock.now })
    const users = axios.create({ baseURL, adapter: adapter as never })
    return { users, clock, breaker, circuit: breaker.attach(users, 'users') }
  }

  /** Sends requests that hang, and cancels all of them with the error of one that did not. */
  async function cancelled(
    users: AxiosInstance,
    { requests = 1, status = 404, other = axios }: Cancelled = {},
  ) {
    const before = upstream.hits
    const abort = new AbortController()
    const { signal } = abort
    const hanging = Array.from({ length: requests }, () => errorOf(users.get('/hang', { signal })))
    await until('they have arrived', () => upstream.hits === before + requests)
    abort.abort(await errorOf(other.get(`/status/${status}`, { baseURL: upstream.origin })))
    return Promise.all(hanging)
  }

  it('does not close the circuit as the end of a probe', async () => {
    const { users, clock, circuit } = service()
    await errorOf(users.get('/status/503'))
    clock.advance(10)
    await cancelled(users)
    expect(circuit.state).toBe('half-opened')
  })

  it('shows nobody the answer to the other request', async () => {
    const { users, breaker } = service()
    const outcome = jest.fn()
    const others = axios.create({ baseURL: upstream.origin, adapter: 'fetch' })
    breaker.attach(others, 'others', { outcome })
    const attempted = jest.fn()
    breaker.on('attempted', attempted)
    await cancelled(others, { status: 500 })
    await cancelled(users, { status: 500 })
    expect(outcome).toHaveBeenCalledWith(
      expect.not.objectContaining({ response: expect.anything() }),
    )
    for (const [event] of attempted.mock.calls) {
      expect(event).toMatchObject({ outcome: 'ignored' })
      expect(event).not.toHaveProperty('status')
    }
    expect(attempted).toHaveBeenCalledTimes(2)
  })

  it('takes no adapter for a cache', async () => {
    let calls = 0
    const { users, circuit } = service((config) => {
      calls += 1
      return getAdapter('fetch')(config)
    })
    await cancelled(users, { requests: 3, other: users })
    expect(circuit.state).toBe('closed')
    await circuit.force('opened')
    expect(await errorOf(users.get('/status/200'))).toBeInstanceOf(OpenedStateError)
    expect(calls).toBe(4)
  })
})
