/** How the parts of a fleet ask the storage. */
import { isCircuitError } from '../internal/errors.js'
import type { Connection } from '../storage/contract.js'
import type { ForceAnswer, ForceQuestion } from '../storage/forces.js'
import { UNSHARED } from './shared-forces.js'

/** @param onFailure called if the storage does not answer, unless that concerns a single circuit */
export async function answered<Reply>(
  reply: Promise<Reply>,
  onFailure: () => void,
): Promise<Reply> {
  try {
    return await reply
  } catch (error) {
    if (!isCircuitError(error)) onFailure()
    throw error
  }
}

/** @throws Error if the storage cannot share forced circuits */
export async function forcesOf(
  connection: Connection,
  question: ForceQuestion,
): Promise<ForceAnswer> {
  if (!connection.forces) throw new Error(UNSHARED)
  return connection.forces(question)
}
