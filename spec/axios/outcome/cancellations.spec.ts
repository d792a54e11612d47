/** A caller who changes its mind proves nothing about the service. */
import axios, { type AxiosInstance, type AxiosRequestConfig, type CancelToken } from 'axios'
import { judgementOf } from '../../support/judgement.js'
import { axiosIsBefore, describeOutcomes, type Row } from '../../support/outcome-table.js'

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

describeOutcomes('an abort', [
  [
    'before the request',
    (instance) => instance.get('/hang', { signal: AbortSignal.abort() }),
    'not dispatched',
  ],
  ['while waiting', cancelDuring('/hang', 20), 'ignored'],
  ['with a reason', cancelDuring('/hang', 20, new Error('no interest')), 'ignored'],
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
})
