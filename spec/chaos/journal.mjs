/** Turns the logs of a run into the journal that the judge reads. Times are seconds of the machine's clock. */

/** Seconds for which a request that has no end in the log may have been under way. */
const LONGEST = 3

/**
 * @param {any[]} driver what the run logged
 * @param {Record<string, any[]>} workers what each process logged, by its name
 */
export function journalOf(driver, workers) {
  const start = driver.find(({ k }) => k === 'start')
  const overAt = driver.find(({ k }) => k === 'over')?.t ?? driver.at(-1).t
  const spawns = driver.filter(({ k }) => k === 'spawn')
  const { quorum, threshold, ttl, lease, timeout, exit } = start
  return {
    startedAt: start.t,
    overAt,
    rules: { quorum, threshold, ttl, lease, timeout, exit },
    processes: spawns.map((spawn) => processOf(spawn, workers[spawn.name] ?? [], driver)),
    faults: faultsOf(driver, overAt),
    health: healthOf(driver, overAt),
    stalls: driver.filter(({ k }) => k === 'stall').map(({ from, to }) => ({ from, to })),
    slowRedis: driver.filter(({ k }) => k === 'slow redis').map(({ from, to }) => ({ from, to })),
    hashes: driver.filter(({ k }) => k === 'hash').map(({ t, state }) => ({ t, state })),
    parts: driver.filter(({ k }) => k === 'part').map(({ t, kind }) => ({ t, kind })),
    checks: driver.filter(({ k }) => k === 'check').map(({ t, names }) => ({ t, names })),
    arrivals: driver.filter(({ k }) => k === 'arrival').length,
  }
}

/** The spans from each record that begins one to the record that ends it. */
function spansOf(records, opens, ends, overAt) {
  return records.filter(opens).map((record) => {
    const end = records.find(
      (later) => later.t >= record.t && later !== record && ends(later, record),
    )
    return { ...record, from: record.t, to: end?.t ?? overAt }
  })
}

function faultsOf(driver, overAt) {
  const driverRecords = driver.filter(({ k }) => k === 'fault' || k === 'healed')
  const isFault = ({ k }) => k === 'fault'
  return spansOf(
    driverRecords,
    isFault,
    ({ k, id }, fault) => k === 'healed' && id === fault.id,
    overAt,
  )
}

/** The spans in which the upstream failed, and for whom. */
function healthOf(driver, overAt) {
  const driverRecords = driver.filter(({ k }) => k === 'health')
  const isIll = ({ mode }) => mode !== 'ok'
  return spansOf(driverRecords, isIll, ({ target }, ill) => target === ill.target, overAt)
}

function processOf({ name, isThick, t }, records, driver) {
  const driverRecords = driver.filter((record) => record.name === name)
  const exit = driverRecords.find(({ k }) => k === 'exit')
  const asked = driverRecords.find(({ k }) => k === 'asked to end')
  const endedAt = exit?.t ?? Infinity
  const requests = requestsOf(records)
  return {
    name,
    slot: name.split('.')[0],
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
      records,
      ({ k }) => k === 'lost',
      ({ k }) => k === 'restored',
      endedAt,
    ),
    stalls: records.filter(({ k }) => k === 'stall').map(({ from, to }) => ({ from, to })),
    moves: records.filter(({ k }) => k === 'move'),
    printed: driverRecords.filter(({ k }) => k === 'printed'),
  }
}

/** In the order of their start. */
function requestsOf(records) {
  const requests = new Map()
  for (const { k, id, t, ...rest } of records) {
    if (k === 'start') requests.set(id, { id, start: t, up: rest.u })
    const request = requests.get(id)
    if (!request) continue
    // A request is a probe if its circuit is half-opened when it is sent.
    if (k === 'sent') Object.assign(request, { sent: t, state: rest.s, upWhenSent: rest.u })
    if (k === 'attempt')
      Object.assign(request, { counted: t, outcome: rest.o, isProbe: rest.probe })
    if (k === 'end')
      Object.assign(request, { end: t, ended: rest.o, code: rest.c, refused: rest.s })
  }
  for (const request of requests.values()) request.isProbe ??= request.state === 'half-opened'
  return [...requests.values()]
}

/** What the circuit counted, in its order. */
function outcomesOf(records, requests) {
  const byId = new Map(requests.map((request) => [request.id, request]))
  return records
    .filter(({ k, o }) => k === 'attempt' && o !== 'ignored')
    .map(({ t, id, o, probe }) => {
      const { sent = t, upWhenSent } = byId.get(id) ?? {}
      return { t, sent, isFailure: o === 'failure', isProbe: probe, up: upWhenSent === true }
    })
}

function probesOf(requests, endedAt) {
  return requests
    .filter(({ sent, isProbe }) => sent !== undefined && isProbe)
    .map(({ sent, counted, end, upWhenSent, outcome }) => ({
      from: sent,
      to: counted ?? end ?? Math.min(endedAt, sent + LONGEST),
      up: upWhenSent === true,
      outcome,
    }))
}
