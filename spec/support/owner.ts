/** For circuits that belong to no breaker. */
import type { Owner } from '../../lib/circuit/owner.js'

export const NOBODY: Owner<unknown> = {
  detach: () => undefined,
  guard: (_circuit, adapter) => adapter,
  checkReport: () => undefined,
  checkReady: () => ({}),
  force: () => Promise.resolve(),
  unforce: () => Promise.resolve(),
}
