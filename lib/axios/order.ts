/**
 * A guard's interceptor runs first and last, whatever was attached before or after it: first, because a chain
 * may break off; last, because others choose, replace or drop the adapter.
 */
import { property } from '../internal/property.js'
import { GUARD } from './reentry.js'

interface Marked {
  readonly [GUARD]?: boolean
}

interface Handler {
  readonly runWhen?: Marked | null
}

type Visit = (handler: Handler) => void

interface Manager {
  readonly handlers?: unknown
  forEach?: Marked
}

/** Uses no more of the manager than axios does: it may be foreign, or a mock. */
export function runAround(manager: Manager): void {
  if (typeof inherited(manager) !== 'function' || Object.hasOwn(manager, 'forEach')) return
  try {
    manager.forEach = visitGuardsAround
  } catch {
    // The manager is frozen, so guards run in their registered order.
  }
}

/** Undoes `runAround` once no guard of any copy is left. */
export function runInLine(manager: Manager): void {
  if (isMarked(manager.forEach) && !hasHandler(manager, isGuard)) delete manager.forEach
}

export function hasHandler(manager: object, isIt: (handler: Handler) => boolean): boolean {
  const handlers = property(manager, 'handlers')
  return Array.isArray(handlers) && (handlers as Handler[]).some(isIt)
}

/** Replaces `InterceptorManager.forEach`, with which axios collects the interceptors of a request. */
function visitGuardsAround(this: Manager, visit: Visit): void {
  const { handlers } = this
  // A fast path, because this runs for each request and there is mostly no other interceptor.
  if (Array.isArray(handlers) && handlers.length === 1 && isGuard(handlers[0])) {
    return visit(handlers[0] as Handler)
  }
  const visitAll = inherited(this) as (this: Manager, visit: Visit) => void
  const guards: Handler[] = []
  const others: Handler[] = []
  visitAll.call(this, (handler) => void (isGuard(handler) ? guards : others).push(handler))
  const around = others.length > 0 ? [...guards, ...others, ...guards] : guards
  for (const handler of around) visit(handler)
}
visitGuardsAround[GUARD] = true

/** axios leaves a gap in place of an ejected interceptor. Reads by name, because this runs for each request. */
function isGuard(handler: Handler | null | undefined): boolean {
  return isMarked(handler?.runWhen)
}

/** Whether the function is a guard's, of any copy of the package: an instance may have guards of several. */
function isMarked(made: Marked | null | undefined): boolean {
  return made?.[GUARD] === true
}

function inherited(manager: Manager): unknown {
  const prototype = Object.getPrototypeOf(manager) as Manager | null
  return prototype?.forEach
}
