/** What the command line prints, and its end if nobody reads it any more. */
import { property } from '../internal/property.js'
import { paintFor, type Paint } from './colours.js'
import { harmless, jsonText } from './text.js'

/** Prints a line that may have colours: all in it that others wrote is escaped already. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function printJson(value: unknown): void {
  print(jsonText(value))
}

/** Prints to stderr, which does not get into what a script reads. */
export function printError(message: string): void {
  process.stderr.write(`axios-breaker: ${harmless(message)}\n`)
}

export function paint(): Paint {
  return paintFor(process.stdout)
}

/** Ends without a word if a reader such as `head` has closed the pipe, and with 1 if a disk is full. */
export function endWithReader(): void {
  process.stdout.on('error', (error) => {
    const isPipeClosed = property(error, 'code') === 'EPIPE'
    if (!isPipeClosed) printError(`The output cannot be written: ${error.message}`)
    // oxlint-disable-next-line unicorn/no-process-exit -- there is nobody left to print for
    process.exit(isPipeClosed ? 0 : 1)
  })
  // A warning that gets nowhere must not end a command before it has done what it was asked.
  process.stderr.on('error', () => undefined)
}
