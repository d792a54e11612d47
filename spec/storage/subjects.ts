/** The storages that the suites of this folder are run on, each under a clock that a spec sets. */
import { RedisStorage } from '../../lib/redis/index.js'
import type { SharingOptions, SharedStorage } from '../../lib/fleet/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { ClockedRedis } from '../support/clocked-redis.js'

export interface Subject {
  /** Storages made of one subject share their circuits. */
  create(options?: SharingOptions): SharedStorage
  /** Sets the storage's clock, in seconds. */
  setClock(seconds: number): Promise<void>
  /** Loses everything. */
  forget(): Promise<void>
  stop(): Promise<void>
}

let prefixes = 0

export const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  RedisStorage: async () => {
    const redis = await ClockedRedis.start()
    await redis.setClock(0)
    prefixes += 1
    const prefix = `subject-${prefixes}`
    return {
      create: (options) => new RedisStorage({ client: redis.client, prefix, ...options }),
      setClock: (seconds) => redis.setClock(seconds),
      forget: () => redis.forget(),
      stop: () => redis.stop(),
    }
  },
  MemoryStorage: async () => {
    let now = 0
    const storage = new MemoryStorage({ now: () => now, quorum: 1, ...PATIENT })
    return {
      create: () => storage,
      setClock: async (seconds) => {
        now = seconds
      },
      forget: async () => storage.forget(),
      stop: async () => undefined,
    }
  },
}

/** Deadlines that a busy machine does not miss, and a `refresh` so long that nothing is read by time alone. */
export const PATIENT: SharingOptions = {
  permitDeadline: 30,
  commandDeadline: 30,
  initDeadline: 30,
  lease: 1e5,
  refresh: 1e6,
}
