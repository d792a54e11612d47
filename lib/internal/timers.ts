/**
 * Timers, in seconds. Background timers do not keep the process alive. Deadlines do, since they are short
 * and somebody awaits them.
 */
import { property } from './property.js'

const MS_PER_SECOND = 1000
/** Timers that are longer fire at once. */
const LONGEST_MS = 2 ** 31 - 1
/** If a timer fires this late, the process did not run: that nobody answered proves nothing. */
const STALLED = 0.02
/** How long a stalled process may take to read the answers that arrived in the meantime. */
const SECOND_CHANCE = 0.1
/** Turns of the event loop that it takes to read the sockets, and to decrypt and parse what they brought. */
const TURNS = 2

/** Runs the job after that time. @returns a function that cancels it */
export function schedule(seconds: number, job: () => void, start = setTimeout): () => void {
  const timer: unknown = start(job, Math.min(seconds * MS_PER_SECOND, LONGEST_MS))
  const unref = property(timer, 'unref')
  if (typeof unref === 'function') unref.call(timer)
  return () => clearTimeout(timer as number)
}

/**
 * Rejects with an Error that has this message if the promise takes longer. An answer that is in the socket
 * by then counts: a process that was frozen or busy reads its sockets before it gives up.
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
