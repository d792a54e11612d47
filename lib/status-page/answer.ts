/** Sends answers. */
import type { ServerResponse } from 'node:http'

export const TEXT = 'text/plain; charset=utf-8'

export type Headers = Readonly<Record<string, string>>

/** Headers of every answer, including errors. `no-transform` keeps compression from delaying events. */
export function headersOf(policy: string): Headers {
  return {
    'cache-control': 'no-store, no-transform',
    'content-security-policy': policy,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    vary: 'Accept',
  }
}

/** Sends the answer. Node leaves out the body if the method is HEAD. */
export function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Headers,
): void {
  // The application may have given up the request in the meantime, and answered it.
  if (response.headersSent) return
  const length = Buffer.byteLength(body)
  response.on('error', () => undefined)
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': length })
  response.end(body)
}
