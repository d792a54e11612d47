/** The types of redis-sentinels.mjs, for specs. */
import type { RedisServer } from './redis-server.mjs'

export function startSentinels(): Promise<Sentinels>

export interface Sentinels {
  /** What the sentinels call the master. */
  readonly name: string
  /** Ports of the sentinels. */
  readonly ports: readonly number[]
  /** The master and the replicas, as they were at first. */
  readonly servers: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]
  /** The master in the eyes of a sentinel. */
  master(): Promise<RedisServer>
  /** A planned failover; gives the new master. */
  failover(): Promise<RedisServer>
  /** Waits until all sentinels name another master, and gives it. */
  promoted(old: RedisServer): Promise<RedisServer>
  /** Waits until the sentinels know each other, the master, and every replica that is up. */
  settled(): Promise<void>
  stop(): Promise<void>
}
