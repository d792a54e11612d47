/** Sends actions to a status page by raw HTTP, as no browser would let a page do it. */
import { once } from 'node:events'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

export const TOKEN = 'x-axios-breaker-token'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingMessage['headers']
}

/** The token that the page at this URL hands out. */
export async function tokenOf(url: string): Promise<string> {
  const page = await (await fetch(url, { headers: { accept: 'text/html' } })).text()
  return /<body data-token="([\w-]+)">/.exec(page)?.[1] ?? ''
}

/** What the page's own script sends. */
export function ownHeaders(url: string, token: string): Record<string, string> {
  const { origin } = new URL(url)
  return { origin, 'content-type': 'application/json', [TOKEN]: token }
}

/** @param headers undefined ones are left out */
export function posting(
  url: string,
  headers: Readonly<Record<string, string | undefined>>,
  method = 'POST',
): ClientRequest {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined)
  const client = request(url, { method, headers: Object.fromEntries(given), agent: false })
  client.on('error', () => undefined)
  return client
}

export async function answerTo(client: ClientRequest): Promise<Answer> {
  const [response] = (await once(client, 'response')) as [IncomingMessage]
  const { statusCode = 0, headers } = response
  return { status: statusCode, headers, text: await text(response) }
}

/** Posts a body as the page's own script does, apart from these headers. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const client = posting(url, { ...ownHeaders(url, await tokenOf(url)), ...headers })
  client.end(typeof body === 'string' ? body : JSON.stringify(body))
  return answerTo(client)
}
