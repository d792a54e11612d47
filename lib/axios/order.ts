/**
 * The order of a circuit's interceptors does not depend on what was attached before or after them. A guard's runs first
 * and last: first, because a chain may break off; last, because others choose, replace or drop the adapter. A
 * fallback's runs first, so that others see its answer in place of the refusal.
 */
import { property } from '../internal/property.js'
import { GUARD } from './reentry.js'

interface Marked {
  readonly [GUARD]?: boolean
}

interface Handler {
  readonly runWhen?: Marked | null
  readonly rejected?: Marked | null
}

type Visit = (handler: Handler) => void

interface Manager {
  readonly handlers?: unknown
  forEach?: Marked
}

/** Uses no more of the manager than axios does: it may be foreign, or a mock. */
export function runInOrder(manager: Manager): void {
  if (typeof inherited(manager) !== 'function' || Object.hasOwn(manager, 'forEach')) return
  try {
    manager.forEach = visitInOrder
  } catch {
    // The manager is frozen, so interceptors run in their registered order.
  }
}

/** Undoes `runInOrder` once no interceptor of any copy is left. */
export function runInLine(manager: Manager): void {
  if (isMarked(manager.forEach) && !hasHandler(manager, isOwn)) delete manager.forEach
}

export function hasHandler(manager: object, isIt: (handler: Handler) => boolean): boolean {
  const handlers = property(manager, 'handlers')
  return Array.isArray(handlers) && (handlers as Handler[]).some(isIt)
}

/** Replaces `InterceptorManager.forEach`, with which axios collects the interceptors of a request. */
function visitInOrder(this: Manager, visit: Visit): void {
  const { handlers } = this
  // A fast path, because this runs for each request and there is mostly no other interceptor.
  if (Array.isArray(handlers) && handlers.length === 1 && isOwn(handlers[0])) {
    return visit(handlers[0] as Handler)
  }
  const visitAll = inherited(this) as (this: Manager, visit: Visit) => void
  const own: Handler[] = []
  const others: Handler[] = []
  visitAll.call(this, (handler) => void (isOwn(handler) ? own : others).push(handler))
  const last = others.length > 0 ? own.filter(isGuard) : []
  for (const handler of [...own, ...others, ...last]) visit(handler)
}
visitInOrder[GUARD] = true

/** axios leaves a gap in place of an ejected interceptor. Reads by name, because this runs for each request. */
function isOwn(handler: Handler | null | undefined): boolean {
  return isGuard(handler) || isMarked(handler?.rejected)
}

/** A guard's interceptor has a marked condition. A fallback's is marked itself, since answers have no conditions. */
function isGuard(handler: Handler | null | undefined): boolean {
  return isMarked(handler?.runWhen)
}

/** Whether the function is of any copy of the package: an instance may have circuits of several. */
function isMarked(made: Marked | null | undefined): boolean {
  return made?.[GUARD] === true
}

function inherited(manager: Manager): unknown {
  const prototype = Object.getPrototypeOf(manager) as Manager | null
  return prototype?.forEach
}
