/** How a report reaches the storage, and what becomes of it. */
import type { Ask, Channel } from './channel.js'
import type { Delivery, Report } from './evidence.js'
import type { SharedView } from './shared-view.js'

export function deliverBy(
  ask: Ask,
  view: SharedView,
  { now, sharing }: Channel,
): (report: Report) => Promise<Delivery> {
  return async (report) => {
    const askedAt = now()
    try {
      const answer = await ask({ op: 'report', ...report }, sharing.commandDeadline)
      view.adopt(answer, 'local', askedAt)
      return answer.granted || answer.state !== 'closed' ? 'taken' : 'refused'
    } catch {
      // Told as storageLost. The local circuit has counted the failures.
      return 'unknown'
    }
  }
}
