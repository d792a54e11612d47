/** Finds keys. SCAN names no key, so a client of a cluster has to be asked for each master. */
import { property } from '../internal/property.js'
import { withTimeout } from '../internal/timers.js'
import { kindOf, methodOf, type RedisClient } from './client.js'

/** Sends one command to one server. */
export type Send = (command: readonly string[]) => Promise<unknown>

/** Keys that a server looks at in one call. */
const BATCH = '1000'
/**
 * Seconds that a server may take for each reply. The whole has no deadline: it takes as long as the database is
 * large. It ends with the first reply that is late, so nothing goes on that nobody waits for.
 */
const DEADLINE = 5
const LATE = `Redis did not answer within ${DEADLINE} s`

/** @param pattern as Redis matches names. @returns the names, each once, in no order */
export async function scan(servers: readonly Send[], pattern: string): Promise<string[]> {
  const found = new Set<string>()
  for (const send of servers) {
    let cursor = '0'
    do {
      const sent = send(['SCAN', cursor, 'MATCH', pattern, 'COUNT', BATCH])
      const reply = await withTimeout(DEADLINE, sent, LATE)
      const [next, keys] = [property(reply, 0), property(reply, 1)]
      if (!Array.isArray(keys)) throw new Error('Unexpected reply from Redis to SCAN')
      for (const key of keys) found.add(String(key))
      cursor = String(next)
    } while (cursor !== '0')
  }
  return [...found]
}

/** @param client of the package redis */
export async function serversOf(client: RedisClient): Promise<Send[]> {
  const kind = kindOf(client)
  if (kind === 'sentinel') return [sendThrough(client, false)]
  if (kind !== 'cluster') return [sendThrough(client)]
  const masters = Array.from(property(client, 'masters') as Iterable<unknown>)
  const connecting = masters.map(async (master) => methodOf(client, 'nodeClient')?.(master))
  const nodes = await withTimeout(DEADLINE, Promise.all(connecting), LATE)
  return nodes.map((node) => sendThrough(node))
}

/** @param before the arguments that this kind of client expects before the command */
function sendThrough(client: unknown, ...before: readonly unknown[]): Send {
  return async (command) => {
    const send = methodOf(client, 'sendCommand')
    if (!send) throw new Error('The client has no method sendCommand, which it needs to find keys')
    return send(...before, command)
  }
}

/** @param client of ioredis: a `Redis` or a `Cluster` */
export function serversOfIORedis(client: unknown): Send[] {
  const masters = (methodOf(client, 'nodes')?.('master') ?? [client]) as unknown[]
  return masters.map((master) => async (command) => methodOf(master, 'call')?.(...command))
}
