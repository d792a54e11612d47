/** Timers in seconds. Those in the background keep no process alive; a deadline does, for it is short and awaited. */
import { property } from './property.js'

const MS_PER_SECOND = 1000
/** A timer that is this late says that the process did not run, and not that nobody answered. */
const STALLED = 0.02
/** What a stalled process is given to read the answers that have come meanwhile. */
const SECOND_CHANCE = 0.1
/** Turns of the event loop in which sockets are read, and what they brought is decrypted and parsed. */
const TURNS = 2

/** @returns what calls it off */
export function schedule(seconds: number, job: () => void): () => void {
  const timer: unknown = setTimeout(job, seconds * MS_PER_SECOND)
  const unref = property(timer, 'unref')
  if (typeof unref === 'function') unref.call(timer)
  return () => clearTimeout(timer as number)
}

/**
 * Rejects with an Error of this message when the promise takes longer. An answer that is in the socket
 * by then counts: a process that was frozen or busy meanwhile reads it before it gives up.
 */
export function withTimeout<Value>(
  seconds: number,
  promise: Promise<Value>,
  message: string,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = countDown(seconds, () => reject(new Error(message)))
    void promise.then(resolve, reject).then(cancel)
  })
}

function countDown(seconds: number, giveUp: () => void): () => void {
  let hasStalled = false
  let turns = TURNS
  let timer: ReturnType<typeof setTimeout>
  const wait = (span: number): void => {
    const due = clock() + span
    timer = setTimeout(() => {
      const isStalled = clock() - due > STALLED && !hasStalled
      hasStalled ||= isStalled
      if (isStalled) wait(Math.min(seconds, SECOND_CHANCE))
      else if (turns-- > 0) wait(0)
      else giveUp()
    }, span * MS_PER_SECOND)
  }
  wait(seconds)
  return () => clearTimeout(timer)
}

function clock(): number {
  return performance.now() / MS_PER_SECOND
}
