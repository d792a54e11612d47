/** A master that nobody can make a replica, so that it takes writes for as long as a spec needs. */
import type { RedisServer } from '../../scripts/redis-server.mjs'

/** After a failover, the sentinels make the old master a replica within seconds. Here, only after the job. */
export async function withoutDemotion<Result>(
  master: RedisServer,
  job: () => Promise<Result>,
): Promise<Result> {
  await master.command('ACL', 'SETUSER', 'default', '-replicaof', '-slaveof')
  try {
    return await job()
  } finally {
    await master.command('ACL', 'SETUSER', 'default', '+@all')
  }
}
