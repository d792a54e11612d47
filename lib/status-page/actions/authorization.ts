/** Asks the application whether a person may act. */
import type { IncomingMessage } from 'node:http'
import { property } from '../../internal/property.js'
import { reportOnce, warnOnce } from '../../internal/warnings.js'
import { Refused, within } from './refused.js'

/** True, or who it is, if the person may act. */
export type Authorization = boolean | { readonly by: string }

export type Authorize = (
  request: IncomingMessage,
) => Authorization | undefined | Promise<Authorization | undefined>

/** Seconds. */
const DEADLINE = 10
const MAX_LENGTH = 200
const NONSENSE = `authorize must return true, false, or an object whose "by" is a text of 1 to ${MAX_LENGTH} characters`

/** @returns who it is, if the application says so. Rejects with a Refused */
export async function authorized(
  request: IncomingMessage,
  authorize: Authorize,
): Promise<string | undefined> {
  const answer = await ask(request, authorize)
  if (answer === true) return undefined
  const by = property(answer, 'by')
  if (typeof by === 'string' && by !== '' && by.length <= MAX_LENGTH) return by
  if (answer) warnOnce(authorize, 'nonsense', NONSENSE)
  throw new Refused(403, 'You may not force circuits here')
}

async function ask(request: IncomingMessage, authorize: Authorize): Promise<unknown> {
  const late = new Refused(
    503,
    `The application did not say within ${DEADLINE} seconds whether you may do this`,
  )
  const answer = new Promise((resolve) => resolve(authorize(request)))
  const asked = answer.catch((error: unknown) => {
    reportOnce('The authorize function of the status page threw', authorize, error)
    return undefined
  })
  return within(DEADLINE, asked, late)
}
