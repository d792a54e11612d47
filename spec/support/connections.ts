/** The connections of a Redis server, as it lists them. */
import type { RedisServer } from '../../scripts/redis-server.mjs'

/** Remote ports of the connections that are subscribed, or of the others, without the one that asks. */
export async function portsOf(server: RedisServer, isSubscribed: boolean): Promise<number[]> {
  const list = await server.command<string>('CLIENT', 'LIST')
  const lines = list.trim().split('\n')
  return lines
    .filter((line) => !line.includes('cmd=client'))
    .filter((line) => / sub=0 /.test(line) !== isSubscribed)
    .map((line) => Number(/ addr=[^ ]*:(\d+) /.exec(line)?.[1]))
}
