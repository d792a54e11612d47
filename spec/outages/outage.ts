/** Runs a fault of Redis while the service is down, and checks the promises until the fleet has recovered. */
import { clock } from '../support/machine-clock.mjs'
import { DEADLINE, PASSWORD, type LoadedFleet, type Harm } from './fleet.js'

export interface Fault {
  readonly what: string
  readonly strike: () => unknown
  readonly mend: () => unknown
  /** The reason that the events must show. */
  readonly reason: RegExp
  /** The highest number of requests per process that may wait for the deadline of a permit. */
  readonly waits: number
}

/** Any reason that the client gives, as long as there is one. */
export const ANY_REASON = /^(?!unknown$)./

export interface Course {
  /** Of each process, the reasons of its losses. */
  readonly losses: readonly (readonly string[])[]
  /** Times between probes that differ too much from the ttl, in seconds. */
  readonly wrongPauses: readonly number[]
  readonly harm: Harm
}

/** Waits until each process has published the loss and has probed alone often enough. */
export async function endure(
  fleet: LoadedFleet,
  { what, strike, mend }: Fault,
  probes = 2,
): Promise<Course> {
  await fleet.break()
  // Redis does not cause the failures before the opening, nor the delays of a busy machine at the start.
  await fleet.probesTogether(1)
  await fleet.joined()
  await fleet.forget()
  await strike()
  await fleet.lost()
  const alone = await fleet.probesAlone(probes)
  await mend()
  const mended = clock()
  const rejoined = (await fleet.restored()).map((at) => at - mended)
  const together = await fleet.probesTogether(2)
  await fleet.recover()
  await printFigures(what, fleet, rejoined)
  const losses = await fleet.losses()
  return { losses, wrongPauses: [...alone, ...together], harm: await fleet.harm() }
}

/** Checks that no request failed or hung, and that each process published the loss once, with the reason. */
export function expectNoHarm({ losses, wrongPauses, harm }: Course, { reason, waits }: Fault) {
  for (const actual of losses.flat()) expect(actual).not.toContain(PASSWORD)
  const once = losses.map(() => [expect.stringMatching(reason)])
  const { longWaits, longest, ...rest } = harm
  const expected = { wrongPauses: [], losses: once, other: 0, lost: 1, restored: 1 }
  expect({ wrongPauses, losses, ...rest }).toEqual(expected)
  expect(longWaits).toBeLessThanOrEqual(waits)
  expect(longest).toBeLessThan(10 * DEADLINE)
}

/** Prints the figures for the table in docs/redis-outages.md: `FIGURES=1 npx jest spec/outages`. */
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
