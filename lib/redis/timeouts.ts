/** Timeouts that do not keep the process alive, and do not fire because the process itself was busy. */
import { schedule } from '../internal/timers.js'

/**
 * Rejects with an Error that has this message if the promise takes longer, in seconds. An answer that
 * arrived while the process was blocked or stopped counts: the sockets are read before the timeout fires.
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

/** Runs the job after the event loop has read the sockets. */
export function afterSocketReads(job: () => void): void {
  setImmediate(() => setImmediate(job).unref()).unref()
}
