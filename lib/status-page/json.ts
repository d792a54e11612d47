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

function circuitToJson({ circuit, retryAt, forcedUntil, lastError, recent }: Tracked): object {
  const { name, state, failureCount, failureRate, window, retryAfter, cause, round } = circuit
  const { forced } = circuit
  return {
    name,
    state,
    failureCount,
    failureRate: failureRate ?? null,
    window: window ?? null,
    retryAfter,
    retryAt: retryAt ?? null,
    cause: cause ?? null,
    round: round ?? 0,
    forced: forced ? { ...forced, endsAt: forcedUntil ?? null } : null,
    lastError: lastError ?? null,
    recent: recent.results,
  }
}
