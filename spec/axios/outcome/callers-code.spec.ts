/** If the caller's own code refuses a request, that proves nothing about the service. A network error in it does. */
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { AxiosRequestConfig } from 'axios'
import { describeOutcomes, get, type Row } from '../../support/outcome-table.js'

const refusal = (properties: object = {}): Error =>
  Object.assign(
    new Error('DNS lookup 127.0.0.1 is not allowed. It is a private address.'),
    properties,
  )

type Connect = (options: unknown, done: (error: Error) => void) => unknown

/** The fetch adapter takes none of these options, and sends. */
const ignored: Row[2] = { http: 'ignored', fetch: 'success' }
const failure: Row[2] = { http: 'failure', fetch: 'success' }

const agent = (createConnection: Connect): AxiosRequestConfig => ({
  httpAgent: Object.assign(new Agent(), { createConnection }),
  proxy: false,
})

const throws = (error: Error): AxiosRequestConfig =>
  agent(() => {
    throw error
  })
const calls = (error: Error): AxiosRequestConfig => agent((_options, done) => done(error))

describeOutcomes('an agent', [
  ['that throws', get('/', throws(refusal())), ignored],
  ['that calls back with an error', get('/', calls(refusal())), ignored],
  ['that follows no redirects', get('/', { ...calls(refusal()), maxRedirects: 0 }), ignored],
  ['that refuses with a code', get('/', calls(refusal({ code: 'ERR_ADDRESS_BLOCKED' }))), ignored],
  ['for another protocol', get('/', { httpAgent: new TlsAgent(), proxy: false }), ignored],
  ['that is refused', get('/', calls(refusal({ code: 'ECONNREFUSED' }))), failure],
  [
    'that may not connect',
    get('/', calls(refusal({ code: 'EPERM', syscall: 'connect' }))),
    failure,
  ],
  ['whose proxy fails', get('/', calls(new Error('Proxy connection timed out'))), failure],
  ['whose SOCKS fails', get('/', calls(new Error('Socks5 proxy rejected connection'))), failure],
  ['whose SOCKS proxy hangs up', get('/', calls(new Error('Socket closed'))), failure],
  ['whose SOCKS proxy is none', get('/', calls(new Error('Negotiation error'))), failure],
  ['whose proxy answers with an error', get('/', calls(new Error('Bad response: 502'))), failure],
  [
    'whose certificate the service denies',
    get('/', calls(refusal({ code: 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED' }))),
    failure,
  ],
  ['that does not trust the service', get('/', calls(refusal({ code: 'CERT_REJECTED' }))), failure],
  ['that does nothing of its own', get('/reset', { httpAgent: new Agent() }), 'failure'],
])

const lookup = (error: Error): Row[1] =>
  ((instance) =>
    instance.get('/', {
      baseURL: String(instance.defaults.baseURL).replace('127.0.0.1', 'localhost'),
      lookup: (_host: string, _options: object, done: (error: Error) => void) => done(error),
      proxy: false,
    } as AxiosRequestConfig)) satisfies Row[1]

const NOT_FOUND = { code: 'ENOTFOUND', syscall: 'getaddrinfo' }

describeOutcomes('a lookup', [
  ['that refuses', lookup(refusal()), { http: 'ignored', fetch: 'success' }],
  ['that finds nothing', lookup(refusal(NOT_FOUND)), { http: 'failure', fetch: 'success' }],
])

const transport = (request: () => never): AxiosRequestConfig =>
  ({ transport: { request } }) as AxiosRequestConfig

describeOutcomes('a transport', [
  [
    'that refuses',
    get(
      '/',
      transport(() => {
        throw refusal()
      }),
    ),
    ignored,
  ],
  [
    'that finds no way',
    get(
      '/',
      transport(() => {
        throw refusal({ code: 'ENETUNREACH' })
      }),
    ),
    failure,
  ],
])

interface Handler {
  readonly onError?: (error: Error) => void
  readonly onResponseError?: (controller: null, error: Error) => void
}

/** All that fetch needs of a dispatcher of undici. Only the fetch adapter takes one. */
const dispatcher = (dispatch: (options: unknown, handler: Handler) => unknown) =>
  get('/', { fetchOptions: { dispatcher: { dispatch } } })

const rejects = (error: Error): Row[1] =>
  dispatcher((_options, handler) => {
    if (handler.onResponseError) handler.onResponseError(null, error)
    else handler.onError?.(error)
    return true
  })

const ignoredByFetch: Row[2] = { http: 'success', fetch: 'ignored' }
const failureOfFetch: Row[2] = { http: 'success', fetch: 'failure' }

describeOutcomes('a dispatcher of fetchOptions', [
  [
    'that throws',
    dispatcher(() => {
      throw refusal()
    }),
    ignoredByFetch,
  ],
  ['that rejects', rejects(refusal()), ignoredByFetch],
  ['that refuses with a code', rejects(refusal({ code: 'ERR_ADDRESS_BLOCKED' })), ignoredByFetch],
  ['that is refused', rejects(refusal({ code: 'ECONNREFUSED' })), failureOfFetch],
  ['whose proxy fails', rejects(new Error('Proxy response (502) !== 200')), failureOfFetch],
])
