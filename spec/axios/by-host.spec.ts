/** The host of a request, as axios finds it. */
import axios, { type AxiosRequestConfig } from 'axios'
import fc from 'fast-check'
import { byHost } from '../../lib/index.js'
import { AXIOS_MINOR } from '../support/plugin-harness.js'

const at = (url: unknown, config: object = {}) => byHost({ url, ...config } as AxiosRequestConfig)

it.each([
  ['http://users.internal/naruto', 'users.internal'],
  ['https://users.internal', 'users.internal'],
  ['HTTPS://Users.INTERNAL/Naruto', 'users.internal'],
  ['http://users.internal.:8080/', 'users.internal:8080'],
  ['http://users.internal:80/', 'users.internal'],
  ['https://users.internal:443/', 'users.internal'],
  ['http://users.internal:443/', 'users.internal:443'],
  ['http://users.internal:0080/', 'users.internal'],
  ['http://[::1]:8080/', '[::1]:8080'],
  ['http://[0:0:0:0:0:0:0:1]/', '[::1]'],
  ['http://[FE80::1]/', '[fe80::1]'],
  ['http://127.1/', '127.0.0.1'],
  ['http://0x7f000001/', '127.0.0.1'],
  ['http://bücher.example/', 'xn--bcher-kva.example'],
  ['http://users.internal?a=http://b', 'users.internal'],
  ['http://users.internal#/b', 'users.internal'],
  ['http://users.internal\\@evil.example/', 'users.internal'],
  ['http://users.internal%2eevil.example/', 'users.internal.evil.example'],
  [' http://users.internal/', 'users.internal'],
  ['ht\ntp://users.internal/', 'users.internal'],
  ['capacitor://Users.Internal/', 'users.internal'],
  ['capacitor://a:\\@users.internal/', 'users.internal'],
])('%j goes to %s', (url, host) => {
  expect(at(url)).toBe(host)
})

it.each([
  ['http://ann:secret@users.internal/', 'users.internal'],
  ['http://ann:secret@users.internal:8080/', 'users.internal:8080'],
  ['http://secret@users.internal@users.internal/', 'users.internal'],
  ['http://secret%40evil.example@users.internal/', 'users.internal'],
  ['http://ann:sec/ret@users.internal/', undefined],
])('%j does not show its credentials', (url, host) => {
  expect(at(url)).toBe(host)
})

it('does not show credentials that are long', () => {
  expect(at(`http://${'secret'.repeat(1000)}@users.internal/`)).toBe('users.internal')
  expect(at(`http://ann:${'secret'.repeat(1000)}@users.internal/`)).toBe('users.internal')
})

it.each([
  ['/naruto'],
  ['naruto'],
  [''],
  [undefined],
  [null],
  ['//users.internal/'],
  ['data:text/plain,http://users.internal/'],
  ['data://users.internal/,x'],
  ['DATA:\t//users.internal/,x'],
  ['file:///etc/passwd'],
  ['file://users.internal/etc/passwd'],
  ['blob:http://users.internal/1'],
  ['mailto:ann@users.internal'],
  ['http://'],
  ['http://:80'],
  ['http://users.internal:99999/'],
  ['http://users internal/'],
  ['http://[::1/'],
  [{}],
  [7],
])('%j has no host outside of a browser', (url) => {
  expect(at(url)).toBeUndefined()
})

it.each([
  ['tabs', `http://users.internal${'\t'.repeat(2000)}@evil.example/hook`],
  ['slashes', `http:${'/'.repeat(1985)}users.internal@evil.example/`],
  ['spaces', `${' '.repeat(3000)}http://evil.example/`],
  ['credentials', `http:/users.internal:${'x'.repeat(3000)}@evil.example/`],
])('finds a host behind many %s', (_what, url) => {
  expect(at(url)).toBe('evil.example')
})

it('does not take long for a long URL', () => {
  const [long, data, slashes] = ['http://users.internal/', 'data:,', '/'].map((start) =>
    start.repeat(start === '/' ? 100_000 : 1).padEnd(10_000_000, 'x'),
  )
  const found: (string | undefined)[] = []
  const begin = performance.now()
  for (let count = 0; count < 1000; count += 1) found.push(at(long), at(data))
  found.push(at('x', { baseURL: slashes }))
  expect(performance.now() - begin).toBeLessThan(1000)
  expect([...new Set(found)]).toEqual(['users.internal', undefined])
})

it.each([
  ['/naruto', 'http://users.internal/api', 'users.internal'],
  ['naruto', 'http://users.internal', 'users.internal'],
  ['', 'http://users.internal', 'users.internal'],
  [undefined, 'http://users.internal', 'users.internal'],
  ['http://other.internal/', 'http://users.internal', 'other.internal'],
  ['users.internal/naruto', 'https://', 'users.internal'],
  ['/naruto', '/api', undefined],
  ['data:,x', 'http://users.internal', 'users.internal'],
])('%j with the baseURL %j goes to %s', (url, baseURL, host) => {
  expect(at(url, { baseURL })).toBe(host)
})

it('treats an absolute URL as a path if allowAbsoluteUrls is false', () => {
  const config = { baseURL: 'http://users.internal', allowAbsoluteUrls: false }
  expect(at('http://evil.example/', config)).toBe('users.internal')
  expect(at('//evil.example/', config)).toBe('users.internal')
})

it('accepts URL objects', () => {
  expect(at(new URL('http://users.internal/'))).toBe('users.internal')
  expect(at('/', { baseURL: new URL('http://users.internal/') })).toBe('users.internal')
})

it('considers the URL alone', () => {
  const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' }
  const proxy = { host: 'proxy.internal', port: 3128 }
  expect(at('http://users.internal/', { headers, proxy, params: { host: 'x' } })).toBe(
    'users.internal',
  )
  // The URL says nothing about the server at the other end of a socket.
  expect(at('http://localhost/', { socketPath: '/var/run/docker.sock' })).toBeUndefined()
})

it('knows each of many hosts, however often they come', () => {
  const names = Array.from({ length: 3000 }, (_, index) => `host-${index}.example:8080`)
  for (const name of [...names, ...names.toReversed()]) {
    expect([at(`HTTP://${name}/`), at(`http://${name}`)]).toEqual([name, name])
  }
})

describe('in a browser', () => {
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'document')
    Reflect.deleteProperty(globalThis, 'location')
  })

  it('resolves relative URLs as the page does', () => {
    Object.assign(globalThis, { document: { baseURI: 'https://shop.example:8443/cart' } })
    expect(at('/api')).toBe('shop.example:8443')
    expect(at('api', { baseURL: '/v1' })).toBe('shop.example:8443')
    expect(at('//users.example/')).toBe('users.example')
    expect(at('http://users.internal')).toBe('users.internal')
    expect(at('data:,x')).toBeUndefined()
  })

  it('resolves relative URLs by the location of a worker', () => {
    Object.assign(globalThis, { location: { href: 'https://shop.example/worker.js' } })
    expect(at('/api')).toBe('shop.example')
  })
})

const PIECES =
  'http: https: HTTP: file: data: // / \\ @ : :8080 :443 ? # %2f .. é a.example B.example [::1] 1.2 user'
const piece = fc.constantFrom(...PIECES.split(' '), ' ', '\t')
const text = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''))
const absolute = fc.tuple(fc.constantFrom('http://', 'https://', 'ftp://', '//', ''), text)

/** An earlier axios drops only two slashes at the end of a `baseURL`. The host of `data:///` depends on that. */
const DROPS_ALL = axios.getUri({ url: 'x', baseURL: 'http://a///' }) === 'http://a/x'

it('combines the URL and the baseURL as axios does', () => {
  // An earlier axios does not know `allowAbsoluteUrls`.
  const allowed = AXIOS_MINOR < 8 ? fc.constant(true) : fc.boolean()
  const property = fc.property(absolute, absolute, allowed, (first, second, allowAbsoluteUrls) => {
    const [url, baseURL] = [first.join(''), second.join('')]
    fc.pre(DROPS_ALL || !baseURL.endsWith('///'))
    let whole: string
    try {
      whole = axios.getUri({ url, baseURL, allowAbsoluteUrls })
    } catch {
      // Newer versions of axios refuse some URLs.
      return
    }
    expect(at(url, { baseURL, allowAbsoluteUrls })).toBe(hostOf(whole))
  })
  fc.assert(property, { numRuns: 20_000 })
})

const repeated = fc
  .tuple(piece, fc.constantFrom(1, 1, 1, 2, 1000, 3000))
  .map(([what, times]) => what.repeat(times))

it('finds the host in long and odd URLs, as a parser does that reads all of it', () => {
  const authority = fc.array(repeated, { maxLength: 7 }).map((pieces) => pieces.join(''))
  const start = fc.constantFrom(
    'http://',
    'http:',
    'HTTPS:/',
    'foo://',
    ' http://',
    'ht\ntp://',
    '',
  )
  const property = fc.property(start, authority, (first, rest) => {
    expect(at(first + rest)).toBe(hostOf(first + rest))
  })
  fc.assert(property, { numRuns: 5000 })
})

function hostOf(url: string): string | undefined {
  try {
    const { protocol, hostname, port } = new URL(url)
    if (protocol === 'file:' || protocol === 'data:') return undefined
    const host = hostname.toLowerCase().replace(/\.$/, '')
    return (port ? `${host}:${port}` : host) || undefined
  } catch {
    return undefined
  }
}
