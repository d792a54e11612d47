/** Names circuits by the hosts that requests go to, as axios finds them. */
import type { AxiosRequestConfig } from 'axios'
import { property, tryCall } from '../internal/property.js'

/** As in axios: what has a scheme, or begins with two slashes, does not need the `baseURL`. */
const ABSOLUTE = /^(?:[a-z][a-z\d+.-]*:)?\/\//i
/**
 * All of a URL that its host depends on: a parser need not read the rest, which may be long. It includes the next
 * character, because a space is an error there, but not at the end of a URL. No backslash: it ends a host only with
 * some schemes.
 */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#\\\t\n\r]+(?:[/?#]|$)/i
/** The hosts of the latest origins, without any that has credentials. */
const hosts = new Map<string, string>()
const MOST_KNOWN = 1000
const LONGEST_KNOWN = 100
/** Such a URL may contain a whole file, and a parser would read all of it. */
const DATA = /^data:/i

/**
 * Names the circuit of a request by its host: `breaker.attach(axios, byHost)`. The name is in lower case, and
 * has a port unless it is the default one: `api.example.com`, `[::1]:8080`. It never has credentials, a path or
 * a query. The `Host` header and a `proxy` do not matter.
 *
 * @returns undefined if the request has no host: a `data:` URL, a Unix socket, or, outside of browsers, a
 *   relative URL without `baseURL`
 */
export function byHost(config: AxiosRequestConfig): string | undefined {
  if (config.socketPath) return undefined
  return hostOf(wholeUrl(config))
}

function wholeUrl({ url, baseURL, allowAbsoluteUrls }: AxiosRequestConfig): string {
  const requested = textOf(url)
  const base = textOf(baseURL)
  if (base === '' || (allowAbsoluteUrls !== false && ABSOLUTE.test(requested))) return requested
  if (requested === '') return base
  if (ORIGIN.test(base)) return `${base}/`
  return `${withoutSlashes(base)}/${requested.replace(/^\/+/, '')}`
}

/** Some callers pass an object of the class `URL`. */
function textOf(url: unknown): string {
  const text = typeof url === 'string' ? url : property(url, 'href')
  return typeof text === 'string' ? text : ''
}

/** A loop, because a regular expression would take a time that grows with the square of the slashes. */
function withoutSlashes(base: string): string {
  let end = base.length
  while (base[end - 1] === '/') end -= 1
  return base.slice(0, end)
}

function hostOf(url: string): string | undefined {
  const [origin] = ORIGIN.exec(url) ?? []
  if (origin) return knownHostOf(origin)
  // All of it: whatever comes before an @ is no host, however long it is.
  return DATA.test(url) ? undefined : hostIn(parse(url, pageUrl()))
}

/** Parsing a URL would be most of what a request pays for its circuit. */
function knownHostOf(origin: string): string | undefined {
  const known = hosts.get(origin)
  if (known !== undefined) return known
  const host = hostIn(parse(origin))
  if (host === undefined || origin.length > LONGEST_KNOWN || origin.includes('@')) return host
  if (hosts.size >= MOST_KNOWN) hosts.clear()
  // A copy, as a part of a string may keep the whole URL in memory.
  hosts.set(origin.split('').join(''), host)
  return host
}

function hostIn(url: URL | undefined): string | undefined {
  if (!url || url.protocol === 'file:' || url.protocol === 'data:') return undefined
  const { hostname, port } = url
  // A dot at the end only says that the name is complete.
  const host = hostname.toLowerCase().replace(/\.$/, '')
  return (port === '' ? host : `${host}:${port}`) || undefined
}

function parse(url: string, base?: string): URL | undefined {
  return tryCall(() => new URL(url, base))
}

/** What relative URLs are relative to in a browser. */
function pageUrl(): string | undefined {
  const document = property(globalThis, 'document')
  const page = property(document, 'baseURI') ?? property(property(globalThis, 'location'), 'href')
  return typeof page === 'string' ? page : undefined
}
