/** What the table in docs/redis-outages.md says: `FIGURES=1 npx jest spec/outages` prints it. */
import { LONG_WAIT, type Fleet } from './fleet.js'

/** @param rejoined seconds after the end of the outage at which each process was back */
export async function figure(what: string, fleet: Fleet, rejoined: readonly number[]) {
  if (process.env.FIGURES === undefined) return
  const tallies = await fleet.all((worker) => worker.tally())
  const long = tallies.map(({ waits }) => waits.filter((seconds) => seconds > LONG_WAIT).length)
  const longest = Math.max(0, ...tallies.flatMap(({ waits }) => waits))
  const sent = tallies.reduce((sum, tally) => sum + tally.sent, 0)
  const parts = [
    `${sent} requests`,
    `long waits for each process ${long.join(' ')}`,
    `longest wait ${milliseconds([longest])} ms`,
    `rejoined after ${milliseconds(rejoined)} ms`,
  ]
  process.stdout.write(`${what}: ${parts.join(', ')}\n`)
}

const milliseconds = (seconds: readonly number[]): string =>
  seconds.map((value) => (value * 1000).toFixed(1)).join(' ')
