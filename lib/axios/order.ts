/**
 * A guard's interceptor runs first and last, whatever was attached before or after it: first, because a chain
 * may break off; last, because others choose, replace or drop the adapter.
 */
import { markAsking } from './reentry.js'

/** Marks the functions of all copies of the package, since an instance may have guards of several. */
const GUARD = Symbol.for('axios-breaker.guard.1')

interface Marked {
  readonly [GUARD]?: true
}

interface Handler {
  readonly runWhen?: unknown
}

type Visit = (handler: Handler) => void

interface Manager {
  readonly handlers?: unknown
  forEach?: unknown
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
  const { handlers, forEach } = manager
  const hasGuard = Array.isArray(handlers) && handlers.some(isGuard)
  if (isMarked(forEach) && !hasGuard) delete manager.forEach
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

/** axios leaves a gap in place of an ejected interceptor. Reads by name, because this runs for each request. */
function isGuard(handler: Handler | null | undefined): boolean {
  const runWhen = handler?.runWhen
  return runWhen === markAsking || isMarked(runWhen)
}

function isMarked(value: unknown): boolean {
  return (value as Marked | null | undefined)?.[GUARD] === true
}

for (const own of [markAsking, visitGuardsAround]) Object.assign(own, { [GUARD]: true })

function inherited(manager: Manager): unknown {
  const prototype = Object.getPrototypeOf(manager) as Manager | null
  return prototype?.forEach
}
