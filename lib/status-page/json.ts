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

function circuitToJson({ circuit, lastError, recent }: Tracked): object {
  const { name, state, failureCount, retryAfter } = circuit
  return {
    name,
    state,
    failureCount,
    retryAfter,
    lastError: lastError ?? null,
    recent: recent.results,
  }
}
