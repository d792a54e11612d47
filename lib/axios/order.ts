/**
 * A guard's interceptor runs first and last, whatever was attached before or after it: first, as a
 * chain may break off; last, as others choose, replace or drop the adapter.
 */
import { markAnswering } from './reentry.js'

interface Handler {
  readonly runWhen?: unknown
}

/** Axios leaves a gap where an interceptor was ejected. */
type Entry = Handler | null | undefined

type Visit = (handler: Handler) => void

interface Manager {
  readonly handlers?: unknown
  forEach?: unknown
}

/** Asks no more of the manager than axios does: it may be another's, or a mock. */
export function runAround(manager: Manager): void {
  if (typeof inherited(manager) !== 'function' || Object.hasOwn(manager, 'forEach')) return
  try {
    manager.forEach = visitGuardsAround
  } catch {
    // It is frozen: guards run where they stand.
  }
}

/** Undoes `runAround` once no guard is left. */
export function runInLine(manager: Manager): void {
  if (manager.forEach !== visitGuardsAround || handlersOf(manager).some(isGuard)) return
  delete manager.forEach
}

/** In place of `InterceptorManager.forEach`, by which axios collects the interceptors of a request. */
function visitGuardsAround(this: Manager, visit: Visit): void {
  const visitAll = inherited(this) as (this: Manager, visit: Visit) => void
  const handlers = handlersOf(this)
  if (!hasOthers(handlers)) {
    visitAll.call(this, visit)
    return
  }
  visitGuards(handlers, visit)
  visitAll.call(this, (handler) => {
    if (!isGuard(handler)) visit(handler)
  })
  visitGuards(handlers, visit)
}

// Loops, as this is done for every request.
function visitGuards(handlers: readonly Entry[], visit: Visit): void {
  for (const handler of handlers) if (isGuard(handler)) visit(handler)
}

function hasOthers(handlers: readonly Entry[]): boolean {
  for (const handler of handlers) if (handler && !isGuard(handler)) return true
  return false
}

function isGuard(handler: Entry): handler is Handler {
  return handler?.runWhen === markAnswering
}

function handlersOf({ handlers }: Manager): readonly Entry[] {
  return Array.isArray(handlers) ? handlers : []
}

function inherited(manager: Manager): unknown {
  const prototype = Object.getPrototypeOf(manager) as Manager | null
  return prototype?.forEach
}
