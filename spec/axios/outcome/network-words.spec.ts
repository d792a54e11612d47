/** Adapters over fetch pass on what the runtime throws: a bare TypeError, for network and argument errors alike. */
import axios from 'axios'
import { judgementOf, type Judgement } from '../../support/judgement.js'

const NETWORK = [
  ['Chrome', 'Failed to fetch'],
  ['Chrome, with the host', 'Failed to fetch (service.example)'],
  ['Chrome, midway through a body', 'network error'],
  ['Firefox', 'NetworkError when attempting to fetch resource.'],
  ['Safari', 'Load failed'],
  ['Safari, with the host', 'Load failed (service.example)'],
  ['Safari, offline', 'The Internet connection appears to be offline.'],
  ['Safari, a connection lost', 'The network connection was lost.'],
  ['Safari, a connection refused', 'Could not connect to the server.'],
  ['Safari, a host unknown', 'A server with the specified hostname could not be found.'],
  ['Safari, too slow', 'The request timed out.'],
  ['Safari, no TLS', 'An SSL error has occurred and a secure connection cannot be made.'],
  ['React Native', 'Network request failed'],
  ['React Native, too slow', 'Network request timed out'],
  ['Node', 'fetch failed'],
  ['Node, midway through a body', 'terminated'],
  ['Cloudflare Workers', 'Network connection lost.'],
  ['Cloudflare Workers, of their own', 'internal error; reference = 0123abcd'],
  ['Deno', 'error sending request for url (http://service.example/)'],
  ['Deno, a connection refused', 'error trying to connect: tcp connect error'],
  ['Bun', 'Unable to connect. Is the computer able to access the url?'],
  ['Bun, a connection lost', 'The socket connection was closed unexpectedly.'],
] as const

const ARGUMENTS = [
  [
    'Chrome, a URL',
    "Failed to execute 'fetch' on 'Window': Failed to parse URL from http://network error",
  ],
  [
    'Chrome, a body',
    "Failed to execute 'fetch' on 'Window': Request with GET/HEAD method cannot have body.",
  ],
  ['Firefox, a URL', 'Window.fetch: http://load failed is not a valid URL.'],
  ['Node, a URL', 'Failed to parse URL from http://fetch failed'],
  ['Node, a header', 'Headers.append: "connection x" is an invalid header name.'],
  ['Workers, a cache mode', 'Unsupported cache mode: default'],
  ['any, an argument', "Cannot read properties of undefined (reading 'network')"],
] as const

function judgementOfAdapter(error: () => unknown): Promise<Judgement> {
  const adapter = async (): Promise<never> => {
    throw error()
  }
  return judgementOf((instance) => instance.get('http://service.example/', { adapter }))
}

/** axios knows `env.fetch` from 1.12 on, and passes null for a runtime without a Request. */
function judgementOfFetch(error: () => unknown, env: object): Promise<Judgement> {
  const fetch = async (): Promise<never> => {
    throw error()
  }
  const config = { adapter: 'fetch', env: { ...env, fetch } } as object
  return judgementOf((instance) => instance.get('http://service.example/', config))
}

const knowsEnv = Number(axios.VERSION.split('.')[1]) >= 12

describe.each(NETWORK)('%s: "%s"', (_who, message) => {
  const error = (): TypeError => new TypeError(message)

  it("counts as a failure with an adapter of one's own", async () => {
    expect(await judgementOfAdapter(error)).toBe('failure')
  })

  if (!knowsEnv) return
  it.each([
    ['with a Request', {}],
    ['without a Request', { Request: null, Response: null }],
  ])('counts as a failure with the fetch adapter, %s', async (_what, env) => {
    expect(await judgementOfFetch(error, env)).toBe('failure')
  })
})

describe.each(ARGUMENTS)('%s: "%s"', (_who, message) => {
  it("is ignored with an adapter of one's own", async () => {
    expect(await judgementOfAdapter(() => new TypeError(message))).toBe('ignored')
  })
})

it.each([
  ['an Error', () => new Error('Network connection lost.')],
  ['a code', () => Object.assign(new Error('Unable to connect.'), { code: 'ConnectionRefused' })],
  ['a string', () => 'error sending request for url (http://service.example/)'],
  ['a TypeError of another realm', () => ({ name: 'TypeError', message: 'Failed to fetch' })],
])('counts what comes as %s as a failure', async (_what, error) => {
  expect(await judgementOfAdapter(error)).toBe('failure')
})

it.each([0, '0'])('counts a response with the status %p as a failure', async (status) => {
  const adapter = async (config: object) =>
    ({ data: '', status, statusText: '', headers: {}, config }) as never
  expect(await judgementOf((instance) => instance.get('/', { adapter }))).toBe('failure')
})

it.each([
  ['may not be shown', { mode: 'no-cors' }],
  ['was a redirect that is not followed', { redirect: 'manual' }],
])('takes a status of 0 that %s for an answer', async (_what, fetchOptions) => {
  const adapter = async (config: object) =>
    ({ data: '', status: 0, statusText: '', headers: {}, config }) as never
  const config = { adapter, fetchOptions } as object
  expect(await judgementOf((instance) => instance.get('/', config))).toBe('success')
})

it.each([
  ['file:///app/i18n/en.json', 'success'],
  ['http://service.example/file:', 'failure'],
])('judges a status of 0 of %s as axios does: %s', async (responseURL, outcome) => {
  const adapter = async (config: object) =>
    ({
      data: '{}',
      status: 0,
      statusText: '',
      headers: {},
      config,
      request: { responseURL },
    }) as never
  expect(await judgementOf((instance) => instance.get('/', { adapter }))).toBe(outcome)
})
