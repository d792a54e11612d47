import type { Admission } from './types.js'

/** Whether an admission is there at once. By its value, as each request comes by: `in` costs it more. */
export function isDecided(admission: Admission | Promise<Admission>): admission is Admission {
  return (admission as Partial<Admission>).admitted !== undefined
}
