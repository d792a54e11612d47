/**
 * Destroys the body of a refused upload if it is a stream: only the adapter would have read it, and its file would stay
 * open.
 */
import { property, tryCall } from '../internal/property.js'
import { inLaterTurn } from '../internal/turns.js'

/** What all streams of Node have, and those of packages. */
interface Stream {
  pipe(): unknown
  destroy(): unknown
  on(event: 'error', listener: () => void): unknown
  removeListener(event: 'error', listener: () => void): this
  listenerCount(event: string): number
}

/** Those that a fallback may still send elsewhere. */
const kept = new WeakSet<object>()
/** An adapter that is given one of these waits until its timeout, which would count as a failure of the service. */
const destroyed = new WeakSet<object>()

const ignore = (): void => undefined

export function isStream(body: unknown): body is Stream {
  return isFunction(body, 'pipe') && isFunction(body, 'destroy') && !isOfOthers(body)
}

/** Call this if a request is refused. Whoever sends the body elsewhere has to begin in this turn of the event loop. */
export function leaveUnread(body: unknown): void {
  if (!isStream(body)) return
  // Such as that of a missing file, which the adapter would have heard.
  tryCall(() => body.removeListener('error', ignore).on('error', ignore))
  inLaterTurn(() => {
    if (kept.has(body) || isRead(body)) return
    destroyed.add(body)
    destroy(body)
  })
}

/** Whether nobody can send this body any more. */
export function wasDestroyed(body: unknown): boolean {
  return typeof body === 'object' && body !== null && destroyed.has(body)
}

/** Keeps the body until the call has ended, unless an outer call does. */
export async function keepUnread<Value>(body: unknown, call: () => Promise<Value>): Promise<Value> {
  if (!isStream(body) || kept.has(body)) return call()
  kept.add(body)
  try {
    return await call()
  } finally {
    kept.delete(body)
    leaveUnread(body)
  }
}

/**
 * A server's request, or a socket: to destroy it would break the connection on which somebody awaits an answer. Or
 * somebody still writes to it, such as a pipeline, which would fail.
 */
function isOfOthers(body: unknown): boolean {
  return typeof property(body, 'method') === 'string' || property(body, 'writable') === true
}

function isRead(body: Stream): boolean {
  return ['data', 'readable'].some((event) => tryCall(() => body.listenerCount(event) > 0))
}

/** The stream of form-data forgets its sources when it is destroyed, and leaves them open. */
function destroy(stream: unknown): void {
  if (!isStream(stream)) return
  const parts = property(stream, '_streams')
  if (Array.isArray(parts)) for (const part of parts) destroy(property(part, 'source'))
  tryCall(() => stream.destroy())
}

function isFunction(value: unknown, key: string): boolean {
  return typeof property(value, key) === 'function'
}
