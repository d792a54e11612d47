import { RedisStorage, type RedisStorageOptions } from '../../lib/redis/index.js'

/** The names that a connection of this kind lists, in order. */
export async function namesFor(options: RedisStorageOptions): Promise<readonly string[]> {
  const connection = new RedisStorage(options).connect({
    pushed: () => undefined,
    hinted: () => undefined,
    resumed: () => undefined,
    lost: () => undefined,
  })
  try {
    await connection.ready
    return [...((await connection.circuits?.()) ?? [])].toSorted()
  } finally {
    await connection.close()
  }
}
