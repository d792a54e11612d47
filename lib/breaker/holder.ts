/** A breaker has one thing on an instance: a circuit or a name function. */
import { attachmentOn, type Attachment } from '../axios/attachment.js'
import type { Attachable } from '../axios/instance.js'
import type { Interception } from '../axios/intercept.js'
import type { Route } from '../axios/route.js'
import { ManagedCircuit } from '../circuit/managed-circuit.js'
import { ConfigError } from '../internal/config-error.js'
import { quote } from '../internal/quote.js'

/**
 * @param what is to be attached, in words
 * @returns whether the breaker has attached it to the instance already
 * @throws ConfigError if it has attached something else
 */
export function isHeld(
  instance: Attachable,
  breaker: object,
  known: Attachment<Route, Interception> | undefined,
  what: string,
): boolean {
  const attachment = attachmentOn(instance, breaker)
  if (!attachment || attachment === known) return attachment !== undefined
  const { route } = attachment
  const holder =
    route instanceof ManagedCircuit ? `circuit ${quote(route.name)}` : 'a name function'
  throw new ConfigError(
    `Cannot attach ${what}: this instance already belongs to ${holder} of this breaker. ` +
      'Detach it first',
  )
}
