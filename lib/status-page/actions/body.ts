/** Reads the body of an action: it is small, comes soon, and may have been read by the application already. */
import type { IncomingMessage } from 'node:http'
import { property, tryCall } from '../../internal/property.js'
import { Refused, within } from './refused.js'

/** Bytes. A reason of 200 characters takes 2,400 at most, each of them escaped. */
const MAX_SIZE = 4096
/** Seconds. */
const DEADLINE = 5

const tooLarge = (): Refused => new Refused(413, `Expected a body of at most ${MAX_SIZE} bytes`)

/** @throws Refused for a body that is too large, without reading it */
export function checkSize({ headers }: IncomingMessage): void {
  if (Number(headers['content-length'] ?? 0) > MAX_SIZE) throw tooLarge()
}

/** @returns what the JSON of the body says; undefined if it is none. Rejects with a Refused */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const body = request.readableDidRead ? parsedOf(request) : await read(request)
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return body
  if (body.length > MAX_SIZE) throw tooLarge()
  return tryCall(() => JSON.parse(body.toString()) as unknown)
}

/** What a middleware has made of it. */
function parsedOf(request: IncomingMessage): unknown {
  const body = property(request, 'body')
  if (body !== undefined) return body
  const what = 'The application has read the body, and does not pass it on as request.body'
  throw new Refused(500, what)
}

function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  const whole = new Promise<Buffer>((resolve, reject) => {
    request.on('data', (part: Buffer | string) => {
      size += part.length
      if (size > MAX_SIZE) reject(tooLarge())
      else parts.push(Buffer.from(part))
    })
    request.on('end', () => resolve(Buffer.concat(parts)))
    const cutOff = (): void => reject(new Refused(400, 'The body was cut off'))
    request.on('error', cutOff)
    request.on('close', cutOff)
  })
  const late = new Refused(408, `The body did not arrive within ${DEADLINE} seconds`)
  return within(DEADLINE, whole, late)
}
