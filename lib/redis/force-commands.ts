/** The list of forced circuits, as a breaker's connection asks for it. */
import { quote } from '../internal/quote.js'
import type { ForceQuestion } from '../storage/forces.js'
import { asCircuitError } from './failure-reasons.js'
import { forceArguments, parseForceReply, type ForceReply } from './force-wire.js'
import { FORCES_SCRIPT } from './lua/forces.js'
import { wellFormed, type Envelope } from './wire.js'

/** Runs a script on the key of the circuit with this name. */
export type Run = (script: string, circuit: string, args: string[]) => Promise<unknown>

/** No circuit has an empty name, so the key is free. The rules for users of Redis cover it. */
export const LIST = ''

export async function askForForces(
  run: Run,
  question: ForceQuestion,
  envelope: Omit<Envelope, 'secret'>,
): Promise<ForceReply> {
  if (question.op !== 'read' && wellFormed(question.circuit) !== question.circuit) {
    throw asCircuitError(
      new Error(
        `Redis cannot hold the name ${quote(question.circuit)}: it has half a surrogate pair`,
      ),
    )
  }
  return parseForceReply(await run(FORCES_SCRIPT, LIST, forceArguments(question, envelope)))
}
