/** Reads the state of the circuit in Redis. */
import { createClient } from 'redis'

/** @param {number} port */
export function clientOf(port) {
  const socket = { host: '127.0.0.1', port, reconnectStrategy: () => 20 }
  return createClient({ disableOfflineQueue: true, disableClientInfo: true, socket })
}

/**
 * `closed` if there is no key; undefined if Redis does not answer.
 *
 * @param {ReturnType<typeof clientOf>} client
 */
export async function readState(client) {
  try {
    const state = await client.hGet('axios-breaker/upstream', 'state')
    return state ?? 'closed'
  } catch {
    return undefined
  }
}
