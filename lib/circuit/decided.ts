import type { Admission } from './types.js'

/** Whether the admission needs no waiting. It reads the value, because `in` costs each request more. */
export function isDecided(admission: Admission | Promise<Admission>): admission is Admission {
  return (admission as Partial<Admission>).admitted !== undefined
}
