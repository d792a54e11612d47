/** An invalid request proves nothing about the service. docs/outcomes.md lists cases that look alike. */
import { Readable } from 'node:stream'
import { AxiosError, type AxiosRequestConfig } from 'axios'
import { judgementOf, type Judgement } from '../../support/judgement.js'
import { axiosIsBefore, describeOutcomes, get, type Row } from '../../support/outcome-table.js'

const fail = (): never => {
  throw new Error('of the caller')
}

const invalid = (config: object): AxiosRequestConfig => config as AxiosRequestConfig

describeOutcomes('a request that never reaches an adapter', [
  ['an unknown adapter', get('/', invalid({ adapter: 'nope' })), 'not dispatched'],
  ['an adapter of another platform', get('/', { adapter: 'xhr' }), 'not dispatched'],
  ['a transformRequest that throws', get('/', { transformRequest: fail }), 'not dispatched'],
  ['a body that refers to itself', (instance) => instance.post('/', circular()), 'not dispatched'],
  [
    'an interceptor that throws',
    (instance) => {
      instance.interceptors.request.use(fail)
      return instance.get('/')
    },
    'not dispatched',
  ],
])

describeOutcomes('a request that the adapter does not take', [
  ['an invalid URL', get('http://'), 'ignored'],
  ['a URL with a space for a host', get('http://a b/'), 'ignored'],
  ['a method with a space', (instance) => instance.request({ method: 'GE T' }), 'ignored'],
  ['a header name with a space', get('/', { headers: { 'x y': '1' } }), 'ignored'],
  ['an unknown protocol', get('gopher://127.0.0.1/'), 'ignored'],
])

const post =
  (config: AxiosRequestConfig): Row[1] =>
  (instance) =>
    instance.post('/', 'x'.repeat(1000), config)

// Before 1.16 the fetch adapter knows no limits, and lets the request through.
const limits = axiosIsBefore('1.16') ? ({ http: 'ignored', fetch: 'success' } as const) : 'ignored'

// Before 1.8, the http adapter reports a body that was cut off as one that exceeds the limit, if there is one.
const cut = axiosIsBefore('1.8') ? ({ http: 'ignored', fetch: 'failure' } as const) : 'failure'

describeOutcomes("the caller's own limit", [
  ['maxContentLength', get('/big', { maxContentLength: 100 }), limits],
  ['maxBodyLength', post({ maxBodyLength: 10 }), limits],
  ['maxContentLength that is kept', get('/big', { maxContentLength: 100_000 }), 'success'],
  ['maxContentLength of nothing', get('/big', { maxContentLength: 0 }), limits],
  ['that has no part in a broken body', get('/cut', { maxContentLength: 1e6 }), cut],
])

const early = axiosIsBefore('1.18')

describeOutcomes('a fault that adapters tell of differently', [
  [
    'a paramsSerializer that throws',
    get('/', { params: { a: 1 }, paramsSerializer: { serialize: fail } }),
    { http: early ? 'failure' : 'ignored', fetch: 'failure' },
  ],
  [
    'a timeout that is no number',
    get('/hang', invalid({ timeout: 'abc' })),
    { http: 'ignored', fetch: 'failure' },
  ],
  [
    'an unknown version of HTTP',
    get('/', invalid({ httpVersion: 3 })),
    { http: axiosIsBefore('1.13') ? 'success' : 'ignored', fetch: 'success' },
  ],
  ["a caller's body stream that breaks", (instance) => instance.post('/', broken()), 'failure'],
])

function circular(): object {
  const body: { self?: object } = {}
  body.self = body
  return body
}

function broken(): Readable {
  return new Readable({
    read() {
      this.destroy(new Error('the file is gone'))
    },
  })
}

/** As they come from browsers and from other versions of axios. */
const OTHERS: readonly [string, string, string, AxiosRequestConfig, Judgement][] = [
  ['a page that is left', 'Request aborted', 'ECONNABORTED', {}, 'ignored'],
  ['a timeout', 'timeout of 5ms exceeded', 'ECONNABORTED', {}, 'failure'],
  [
    'a limit that nobody has set',
    'maxContentLength size of -1 exceeded',
    'ERR_BAD_RESPONSE',
    {},
    'failure',
  ],
  [
    'a broken body within a limit',
    'stream has been aborted',
    'ERR_BAD_RESPONSE',
    { maxContentLength: 100 },
    'failure',
  ],
]

it.each(OTHERS)('%s, reported as "%s" (%s)', async (_what, message, code, config, expected) => {
  const adapter = () => Promise.reject(new AxiosError(message, code))
  const judgement = judgementOf((instance) => instance.get('/', { ...config, adapter }))
  expect(await judgement).toBe(expected)
})
