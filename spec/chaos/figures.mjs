/** Summarises a run in a line or two. */

/** @param {any} journal */
export function figuresOf({ processes, faults, arrivals }) {
  const requests = processes.flatMap((process) => process.requests)
  const records = processes.flatMap((process) => process.records)
  const count = (list, isMeant) => list.filter(isMeant).length
  const figures = {
    processes: processes.length,
    faults: faults.length,
    requests: requests.length,
    arrivals,
    failures: count(requests, ({ ended }) => ended === 'failed'),
    refusals: count(requests, ({ ended }) => ended === 'refused'),
    openings: count(records, ({ k, to }) => k === 'move' && to === 'opened'),
    probes: processes.reduce((sum, { probes }) => sum + probes.length, 0),
    commands: count(records, ({ k }) => k === 'asked'),
    losses: count(records, ({ k }) => k === 'lost'),
    stalls: processes.reduce((sum, { stalls }) => sum + stalls.length, 0),
  }
  return Object.entries(figures)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')
}
