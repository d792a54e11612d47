/** An answer counts by its status, whatever axios and the caller make of it. */
import type { AxiosRequestConfig } from 'axios'
import { describeOutcomes, get, type Row } from '../../support/outcome-table.js'

const SUCCESSES = [200, 201, 204, 400, 401, 403, 404, 408, 409, 410, 422, 429, 451, 499]
const FAILURES = [500, 501, 502, 503, 504, 511, 599]

describeOutcomes('a status', [
  ...SUCCESSES.map((status): Row => [`${status}`, get(`/status/${status}`), 'success']),
  ...FAILURES.map((status): Row => [`${status}`, get(`/status/${status}`), 'failure']),
  ['304, which axios rejects', get('/status/304'), 'success'],
  ['302 that is not followed', get('/redirect/200', { maxRedirects: 0 }), 'success'],
  ['a redirect to 200', get('/redirect/200'), 'success'],
  ['a redirect to 404', get('/redirect/404'), 'success'],
  ['a redirect to 500', get('/redirect/500'), 'failure'],
  ['HEAD, 200', (instance) => instance.head('/status/200'), 'success'],
  ['HEAD, 500', (instance) => instance.head('/status/500'), 'failure'],
  ['POST, 500', (instance) => instance.post('/status/500', { a: 1 }), 'failure'],
])

const accepts = (validateStatus: unknown): AxiosRequestConfig =>
  ({ validateStatus }) as AxiosRequestConfig

describeOutcomes("the caller's own view of a status", [
  [
    '500 that validateStatus accepts',
    get(
      '/status/500',
      accepts(() => true),
    ),
    'failure',
  ],
  ['500 without a validateStatus', get('/status/500', accepts(null)), 'failure'],
  ['500 with validateStatus undefined', get('/status/500', accepts(undefined)), 'failure'],
  [
    '200 that validateStatus refuses',
    get(
      '/status/200',
      accepts(() => false),
    ),
    'success',
  ],
  [
    '404 that validateStatus accepts',
    get(
      '/status/404',
      accepts(() => true),
    ),
    'success',
  ],
])

const fail = (): never => {
  throw new Error('of the caller')
}

describeOutcomes('what happens to the body afterwards', [
  ['a body that is no JSON', get('/text'), 'success'],
  ['a body that is no JSON, read strictly', get('/text', strictly()), 'success'],
  ['200, a transformResponse throws', get('/status/200', { transformResponse: fail }), 'success'],
  ['500, a transformResponse throws', get('/status/500', { transformResponse: fail }), 'failure'],
  [
    'a response interceptor that throws',
    (instance) => {
      instance.interceptors.response.use(fail)
      return instance.get('/status/200')
    },
    'success',
  ],
])

function strictly(): AxiosRequestConfig {
  return { responseType: 'json', transitional: { silentJSONParsing: false } }
}
