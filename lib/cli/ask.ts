/** Asks on the terminal how long a circuit is to be forced. */
import { createInterface } from 'node:readline/promises'
import { lengthIn } from './arguments.js'
import { EXPECTED_SPAN } from './duration.js'
import { printError } from './output.js'
import { messageOf } from '../internal/errors.js'
import { shown } from './text.js'
import { UsageError } from './usage.js'

/** Somebody is there to answer. The question goes to stderr, so that stdout has the result alone. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/**
 * @returns seconds; Infinity for until it is released
 * @throws UsageError if nobody answers
 */
export async function askLength(circuit: string): Promise<number> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  let isOpen = true
  terminal.once('close', () => (isOpen = false))
  terminal.setPrompt(`For how long is "${shown(circuit)}" to be opened? Give ${EXPECTED_SPAN}, or forever (until you release it): `) // prettier-ignore
  terminal.prompt()
  try {
    // Also reads what somebody has typed ahead, or pasted.
    for await (const answer of terminal) {
      try {
        return lengthIn(answer.trim())
      } catch (error) {
        printError(messageOf(error))
        if (isOpen) terminal.prompt()
      }
    }
  } finally {
    terminal.close()
  }
  throw new UsageError('Nothing was changed')
}
