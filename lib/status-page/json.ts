/** Renders the page as JSON, for programs. */
import { withoutUrls } from './summary.js'
import type { Tracked } from './tracked.js'
import type { Watch } from './watch.js'

export function toJson(watch: Watch): string {
  const { storage } = watch
  return JSON.stringify({
    circuits: watch.circuits.map(circuitToJson),
    storage: storage ? { ...storage, reason: storage.reason && withoutUrls(storage.reason) } : null,
  })
}

function circuitToJson({ circuit, retryAt, lastError, recent }: Tracked): object {
  const { name, state, failureCount, failureRate, retryAfter, cause, round } = circuit
  return {
    name,
    state,
    failureCount,
    failureRate: failureRate ?? null,
    retryAfter,
    retryAt: retryAt ?? null,
    cause: cause ?? null,
    round: round ?? 0,
    lastError: lastError ?? null,
    recent: recent.results,
  }
}
