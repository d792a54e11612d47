/** Turns the logs of a run into the journal that the judge reads. Times are seconds of the machine's clock. */

/**
 * @import { Counted, DriverRecord, Journal, Probe, Process, Request, Spawn, Span, WorkerRecord } from './types.js'
 */

/** Seconds for which a request that has no end in the log may have been under way. */
const LONGEST = 3

/**
 * @param {readonly DriverRecord[]} driver what the run logged
 * @param {Readonly<Record<string, readonly WorkerRecord[]>>} workers what each process logged, by its name
 * @returns {Journal}
 */
export function journalOf(driver, workers) {
  const start = driver.find((it) => it.k === 'start')
  if (!start) throw new Error('The run has not started')
  const overAt = driver.find(({ k }) => k === 'over')?.t ?? driver.at(-1)?.t ?? start.t
  const spawns = driver.filter((it) => it.k === 'spawn')
  const { quorum, threshold, ttl, lease, timeout, exit } = start
  return {
    startedAt: start.t,
    overAt,
    rules: { quorum, threshold, ttl, lease, timeout, exit },
    processes: spawns.map((spawn) => processOf(spawn, workers[spawn.name] ?? [], driver)),
    faults: faultsOf(driver, overAt),
    health: healthOf(driver, overAt),
    stalls: driver.filter((it) => it.k === 'stall').map(({ from, to }) => ({ from, to })),
    slowRedis: driver.filter((it) => it.k === 'slow redis').map(({ from, to }) => ({ from, to })),
    hashes: driver.filter((it) => it.k === 'hash').map(({ t, state }) => ({ t, state })),
    parts: driver.filter((it) => it.k === 'part').map(({ t, kind }) => ({ t, kind })),
    checks: driver.filter((it) => it.k === 'check').map(({ t, names }) => ({ t, names })),
    arrivals: driver.filter(({ k }) => k === 'arrival').length,
  }
}

/**
 * The spans from each record that begins one to the later record that ends it.
 *
 * @template {{ t: number }} Opening
 * @template {{ t: number }} Later
 * @param {readonly Opening[]} openings
 * @param {readonly Later[]} records
 * @param {(later: Later, opening: Opening) => boolean} ends
 * @param {number} overAt
 * @returns {(Opening & Span)[]}
 */
function spansOf(openings, records, ends, overAt) {
  return openings.map((opening) => {
    const end = records.find((later) => later.t >= opening.t && ends(later, opening))
    return { ...opening, from: opening.t, to: end?.t ?? overAt }
  })
}

/**
 * @param {readonly DriverRecord[]} driver
 * @param {number} overAt
 */
function faultsOf(driver, overAt) {
  const faults = driver.filter((it) => it.k === 'fault')
  const healed = driver.filter((it) => it.k === 'healed')
  return spansOf(faults, healed, ({ id }, fault) => id === fault.id, overAt)
}

/**
 * @param {readonly DriverRecord[]} driver
 * @param {number} overAt
 */
function healthOf(driver, overAt) {
  const all = driver.filter((it) => it.k === 'health')
  const ill = all.filter(({ mode }) => mode !== 'ok')
  return spansOf(ill, all, (later, it) => later !== it && later.target === it.target, overAt)
}

/**
 * @param {Spawn} spawn
 * @param {readonly WorkerRecord[]} records
 * @param {readonly DriverRecord[]} driver
 * @returns {Process}
 */
function processOf({ name, isThick, t }, records, driver) {
  const exit = driver.filter((it) => it.k === 'exit').find((it) => it.name === name)
  const asked = driver.filter((it) => it.k === 'asked to end').find((it) => it.name === name)
  const endedAt = exit?.t ?? Infinity
  const requests = requestsOf(records)
  return {
    name,
    slot: slotOf(name),
    isThick,
    bornAt: t,
    endedAt,
    exit,
    asked,
    records,
    requests,
    outcomes: outcomesOf(records, requests),
    probes: probesOf(requests, endedAt),
    losses: spansOf(
      records.filter(({ k }) => k === 'lost'),
      records.filter(({ k }) => k === 'restored'),
      () => true,
      endedAt,
    ),
    stalls: records.filter((it) => it.k === 'stall').map(({ from, to }) => ({ from, to })),
    printed: driver.filter((it) => it.k === 'printed').filter((it) => it.name === name),
  }
}

/** @param {string} name */
const slotOf = (name) => name.replace(/\..*/, '')

/**
 * In the order of their start.
 *
 * @param {readonly WorkerRecord[]} records
 */
function requestsOf(records) {
  /** @type {Map<number | undefined, Request>} */
  const requests = new Map()
  for (const record of records) {
    const { t } = record
    if (record.k === 'start') requests.set(record.id, { id: record.id, start: t, up: record.u })
    const request = 'id' in record && requests.get(record.id)
    if (!request) continue
    if (record.k === 'sent') {
      Object.assign(request, { sent: t, state: record.s, upWhenSent: record.u })
    }
    if (record.k === 'attempt') {
      Object.assign(request, { counted: t, outcome: record.o, isProbe: record.probe })
    }
    if (record.k === 'end') {
      Object.assign(request, { end: t, ended: record.o, code: record.c, refused: record.s })
    }
  }
  // A request is a probe if its circuit is half-opened when it is sent.
  for (const request of requests.values()) request.isProbe ??= request.state === 'half-opened'
  return [...requests.values()]
}

/**
 * What the circuit counted, in its order.
 *
 * @param {readonly WorkerRecord[]} records
 * @param {readonly Request[]} requests
 * @returns {Counted[]}
 */
function outcomesOf(records, requests) {
  const byId = new Map(requests.map((request) => [request.id, request]))
  return records
    .filter((it) => it.k === 'attempt')
    .filter(({ o }) => o !== 'ignored')
    .map(({ t, id, o, probe }) => {
      const request = id === undefined ? undefined : byId.get(id)
      const up = request?.upWhenSent === true
      return { t, sent: request?.sent ?? t, isFailure: o === 'failure', isProbe: probe, up }
    })
}

/**
 * @param {readonly Request[]} requests
 * @param {number} endedAt
 * @returns {Probe[]}
 */
function probesOf(requests, endedAt) {
  return requests.flatMap(({ sent, isProbe, counted, end, upWhenSent, outcome }) => {
    if (sent === undefined || !isProbe) return []
    const to = counted ?? end ?? Math.min(endedAt, sent + LONGEST)
    return [{ from: sent, to, up: upWhenSent === true, outcome }]
  })
}
