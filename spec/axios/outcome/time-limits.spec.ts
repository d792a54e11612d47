/** A timeout proves that the service is too slow, whoever set it. */
import { describeOutcomes, get } from '../../support/outcome-table.js'

const kept: AbortSignal[] = []
const clarified = { transitional: { clarifyTimeoutError: true } }

describeOutcomes('a time limit', [
  ['timeout', get('/hang', { timeout: 40 }), 'failure'],
  ['timeout, clarified', get('/hang', { timeout: 40, ...clarified }), 'failure'],
  ['timeout while the body stalls', get('/stall', { timeout: 80 }), 'failure'],
  ['timeout while the body of a 404 stalls', get('/stall/404', { timeout: 80 }), 'failure'],
  [
    'timeout while the body drips',
    get('/drip/1500', { timeout: 1000 }),
    // docs/outcomes.md says so: this timeout of the http adapter limits only silence.
    { http: 'success', fetch: 'failure' },
  ],
  [
    'AbortSignal.timeout while the body drips',
    (instance) => instance.get('/drip/1500', { signal: AbortSignal.timeout(200) }),
    'failure',
  ],
  [
    'AbortSignal.timeout',
    (instance) => instance.get('/hang', { signal: AbortSignal.timeout(40) }),
    'failure',
  ],
  [
    'AbortSignal.timeout while the body stalls',
    (instance) => instance.get('/stall', { signal: AbortSignal.timeout(80) }),
    'failure',
  ],
  [
    'AbortSignal.any, its timeout first',
    (instance) => {
      const signal = either(AbortSignal.timeout(40), new AbortController().signal)
      return instance.get('/hang', { signal })
    },
    'failure',
  ],
  [
    'AbortSignal.any, the caller first',
    (instance) => {
      const abort = new AbortController()
      setTimeout(() => abort.abort(), 20)
      const signal = either(AbortSignal.timeout(60_000), abort.signal)
      return instance.get('/hang', { signal })
    },
    'ignored',
  ],
  [
    'AbortSignal.any, its timeout had run out before the request',
    (instance) =>
      instance.get('/hang', { signal: AbortSignal.abort(new DOMException('', 'TimeoutError')) }),
    'not dispatched',
  ],
])

/** Node 20 forgets a signal that only AbortSignal.any refers to, and then it never fires. */
function either(...signals: AbortSignal[]): AbortSignal {
  kept.push(...signals)
  return AbortSignal.any(signals)
}
