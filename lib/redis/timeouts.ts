/** Waiting for an answer, in a way that keeps no process alive and blames nobody for a process that was busy itself. */
import { schedule } from '../internal/timers.js'

/**
 * Rejects with an Error of this message if the promise takes longer, in seconds. An answer that has come
 * while the process was blocked or stopped counts: it is read before the time is called.
 */
export function withBackgroundTimeout<Value>(
  seconds: number,
  promise: Promise<Value>,
  message: string,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = schedule(seconds, () => afterSocketReads(() => reject(new Error(message))))
    promise.then(resolve, reject).finally(cancel).catch(reject)
  })
}

/** Runs the job when what lies in the sockets has been read. */
export function afterSocketReads(job: () => void): void {
  setImmediate(() => setImmediate(job).unref()).unref()
}
