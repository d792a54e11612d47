/** Timers in seconds. Those in the background keep no process alive; a deadline does, for it is short and awaited. */
import { property } from '../property.js'

const MS_PER_SECOND = 1000

/** @returns what calls it off */
export function later(seconds: number, job: () => void): () => void {
  const timer: unknown = setTimeout(job, seconds * MS_PER_SECOND)
  const unref = property(timer, 'unref')
  if (typeof unref === 'function') unref.call(timer)
  return () => clearTimeout(timer as number)
}

/** Rejects with an Error of this message when the promise takes longer. */
export function within<Value>(
  seconds: number,
  promise: Promise<Value>,
  message: string,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(message)), seconds * MS_PER_SECOND)
    void promise.then(resolve, reject).then(() => clearTimeout(timer))
  })
}
