/** What the cases about forced circuits share. */
import type { Force, ForceAnswer, ListedForce } from '../../storage/forces.js'
import { must } from './checks.js'
import type { Process } from './process.js'
import type { Scene } from './scene.js'

export const OPENED: Force = { state: 'opened', by: 'ann', reason: 'maintenance' }
export const CLOSED: Force = { state: 'closed' }

/** The force that stands on the circuit of the case. */
export function standing(
  process: Process,
  answer: ForceAnswer,
  suffix = '',
): ListedForce | undefined {
  return answer.forces.find(({ circuit }) => circuit === `${process.circuit}${suffix}`)
}

/** @throws Error if another state is forced, or any if none should be */
export function expectForced(process: Process, answer: ForceAnswer, state?: Force['state']): void {
  const found = standing(process, answer)?.state
  must(found === state, `Expected the circuit to be forced ${state ?? 'to nothing'}, got ${found ?? 'nothing'}`) // prettier-ignore
}

export async function bothKnow(scene: Scene, force: Force): Promise<[Process, Process]> {
  const [one, two] = await scene.join()
  await one.force(force)
  await two.readForces()
  return [one, two]
}
