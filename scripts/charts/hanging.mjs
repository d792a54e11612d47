/**
 * For how long a service that hangs or is slow gets requests. It uses real axios instances that a breaker guards,
 * and moves the clock itself.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import axios, { AxiosError } from 'axios'
import { CircuitBreaker } from '../../dist/esm/index.js'

/** @import { CircuitOptions } from '../../dist/esm/index.js' */
/** @import { InternalAxiosRequestConfig } from 'axios' */

/** Seconds for which it is watched. */
const WATCHED = 60

/** What comes of a request, and after how many seconds. */
const SERVICES = {
  'never answers, and requests have a `timeout` of 10 s': { after: 10, answers: false },
  'answers 200 after 3 s': { after: 3, answers: true },
}

const OPTIONS = { 'threshold: 5': {}, 'threshold: 5, slowAfter: 2': { slowAfter: 2 } }
/** Requests a second. */
const TRAFFICS = [1, 10, 100]

/** @returns {Promise<[head: string[], rows: string[][]]>} */
export async function hangingRows() {
  const head = ['service', 'rule', ...TRAFFICS.map((traffic) => `at ${traffic}/s`)]
  const rows = []
  for (const [service, behaviour] of Object.entries(SERVICES)) {
    for (const [rule, options] of Object.entries(OPTIONS)) {
      const cells = []
      for (const traffic of TRAFFICS) cells.push(inWords(await hang(options, behaviour, traffic)))
      rows.push([service, `\`${rule}\``, ...cells])
    }
  }
  return [head, rows]
}

/** @param {{ seconds: number, requests: number }} found */
function inWords({ seconds, requests }) {
  return seconds === Infinity ? 'never' : `${seconds} s, ${requests} requests`
}

/**
 * @param {CircuitOptions} options
 * @param {{ after: number, answers: boolean }} service
 * @param {number} traffic requests a second
 * @returns {Promise<{ seconds: number, requests: number }>} until the circuit opened, and those that were
 *   sent by then. Infinity if it did not open
 */
async function hang(options, { after, answers }, traffic) {
  const clock = { now: 0 }
  const breaker = new CircuitBreaker({ ...options, now: () => clock.now })
  /** @type {(() => void)[]} */
  const ends = []
  /** @param {InternalAxiosRequestConfig} config */
  const adapter = (config) =>
    new Promise((resolve, reject) => {
      const answer = { data: '', status: 200, statusText: 'OK', headers: {}, config }
      const timeout = new AxiosError('timeout of 10000ms exceeded', 'ECONNABORTED', config)
      ends.push(() => (answers ? resolve(answer) : reject(timeout)))
    })
  const users = axios.create({ adapter })
  const circuit = breaker.attach(users, 'users')
  for (let sent = 0; sent < WATCHED * traffic; sent += 1) {
    const startsAt = sent / traffic
    // The requests that end by then. All take equally long, so the first to start is the first to end.
    for (
      let ended = sent - ends.length;
      ends[0] && ended / traffic + after <= startsAt;
      ended += 1
    ) {
      clock.now = ended / traffic + after
      ends.shift()?.()
      await nextTurn()
      if (circuit.state !== 'closed') return { seconds: clock.now, requests: sent }
    }
    clock.now = startsAt
    users.get('/').catch(() => undefined)
    await nextTurn()
    if (circuit.state !== 'closed') return { seconds: clock.now, requests: sent }
  }
  return { seconds: Infinity, requests: Infinity }
}
