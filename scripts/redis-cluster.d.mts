/** The types of redis-cluster.mjs, for specs. */
import type { RedisServer } from './redis-server.mjs'

export function startCluster(): Promise<Cluster>

export interface Move {
  /** The next master if left out. */
  target?: RedisServer
  /** What is done when the data has moved, but the slot has not: then clients are told ASK. */
  during?: () => Promise<unknown>
}

export interface Cluster {
  /** Three masters, and then their replicas, as they were at first. */
  readonly servers: readonly RedisServer[]
  /** For clients. */
  readonly rootNodes: { url: string }[]
  /** The master of a key's slot, in the eyes of a member. */
  ownerOf(key: string): Promise<RedisServer>
  /** Moves a key's slot to another master, and gives that. */
  moveSlot(key: string, move?: Move): Promise<RedisServer>
  /** Waits until all members name another master of a key's slot, and gives it. */
  promoted(key: string, old: RedisServer): Promise<RedisServer>
  /** Waits until all members that are up find the cluster whole, and the replicas have their data. */
  settled(): Promise<void>
  stop(): Promise<void>
}
