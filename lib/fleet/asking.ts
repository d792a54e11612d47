/** How the parts of a fleet ask the storage. */
import { isCircuitError } from '../internal/errors.js'
import type { Answer, Connection } from '../storage/contract.js'
import type { ForceAnswer, ForceQuestion } from '../storage/forces.js'
import type { AskStorage } from './runner.js'
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

export interface AskingEvents {
  /** As for `answered`. */
  readonly onFailure: () => void
  /** The storage has answered, even if after the deadline, or it will not. */
  readonly onEnd: () => void
}

/** Asks about a circuit, which may be gone by the time of the answer. */
export function asking(ask: AskStorage, { onFailure, onEnd }: AskingEvents): AskStorage {
  return (question, late) => {
    const whenLate = (answer: Answer): void => {
      late(answer)
      onEnd()
    }
    return answered(ask(question, whenLate), onFailure).finally(onEnd)
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
