/** A fault of Redis while the service is down: from before it strikes until the fleet is whole again. */
import { clock, DEADLINE, PASSWORD, type LoadedFleet, type Harm } from './fleet.js'

export interface Fault {
  readonly what: string
  readonly strike: () => unknown
  readonly mend: () => unknown
  /** What the user is told. */
  readonly reason: RegExp
  /** Requests of each process that wait, at most, for the deadline of a permit. */
  readonly waits: number
}

/** Whatever the client says, as long as it says something. */
export const ANY_REASON = /^(?!unknown$)./

export interface Course {
  /** Why Redis was lost, in the words of each process. */
  readonly reasons: readonly string[]
  /** Seconds between probes that were far from the ttl. */
  readonly wrongPauses: readonly number[]
  readonly harm: Harm
}

/** What is told once in each process, and how often each must have probed alone before Redis is mended. */
export async function endure(
  fleet: LoadedFleet,
  { what, strike, mend }: Fault,
  probes = 2,
): Promise<Course> {
  await fleet.break()
  // Requests from before the opening, and what a busy machine makes of the start, are no harm of Redis's.
  await fleet.probesTogether(1)
  await fleet.joined()
  await fleet.forget()
  await strike()
  const reasons = await fleet.lost()
  const alone = await fleet.probesAlone(probes)
  await mend()
  const mended = clock()
  const rejoined = (await fleet.restored()).map((at) => at - mended)
  const together = await fleet.probesTogether(2)
  await fleet.recover()
  await printFigures(what, fleet, rejoined)
  return { reasons, wrongPauses: [...alone, ...together], harm: await fleet.harm() }
}

/** No request failed or hung, and each process told its user once, with the reason. */
export function expectNoHarm({ reasons, wrongPauses, harm }: Course, { reason, waits }: Fault) {
  for (const actual of reasons) {
    expect(actual).toMatch(reason)
    expect(actual).not.toContain(PASSWORD)
  }
  const { longWaits, longest, ...rest } = harm
  expect({ wrongPauses, ...rest }).toEqual({ wrongPauses: [], other: 0, lost: 1, restored: 1 })
  expect(longWaits).toBeLessThanOrEqual(waits)
  expect(longest).toBeLessThan(10 * DEADLINE)
}

/** For the table in docs/redis-outages.md: `FIGURES=1 npx jest spec/outages`. */
export async function printFigures(
  what: string,
  fleet: LoadedFleet,
  rejoined: readonly number[] = [],
) {
  if (process.env.FIGURES === undefined) return
  const sent = (await fleet.tallies()).reduce((sum, tally) => sum + tally.sent, 0)
  const { longWaits, longest } = await fleet.harm()
  const parts = [
    `${sent} requests`,
    `${longWaits} long waits in a process`,
    `longest wait ${milliseconds([longest])} ms`,
    `rejoined after ${milliseconds(rejoined)} ms`,
  ]
  process.stdout.write(`${what}: ${parts.join(', ')}\n`)
}

const milliseconds = (seconds: readonly number[]): string =>
  seconds.map((value) => (value * 1000).toFixed(1)).join(' ')
