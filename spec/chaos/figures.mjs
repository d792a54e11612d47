/** Summarises a run in a line or two. */

/** @import { Journal } from './types.js' */

/** @param {Journal} journal */
export function figuresOf({ processes, faults, arrivals }) {
  const requests = processes.flatMap((process) => process.requests)
  const records = processes.flatMap((process) => process.records)
  const figures = {
    processes: processes.length,
    faults: faults.length,
    requests: requests.length,
    arrivals,
    failures: requests.filter(({ ended }) => ended === 'failed').length,
    refusals: requests.filter(({ ended }) => ended === 'refused').length,
    openings: records.filter((record) => record.k === 'move' && record.to === 'opened').length,
    probes: processes.reduce((sum, { probes }) => sum + probes.length, 0),
    commands: records.filter(({ k }) => k === 'asked').length,
    losses: records.filter(({ k }) => k === 'lost').length,
    stalls: processes.reduce((sum, { stalls }) => sum + stalls.length, 0),
  }
  return Object.entries(figures)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')
}
