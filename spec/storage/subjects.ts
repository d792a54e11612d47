/** The storages that the suites of this folder are run on, each under a clock that a spec sets. */
import { createClient } from 'redis'
import { RedisStorage } from '../../lib/redis/index.js'
import { parseMessage } from '../../lib/redis/message.js'
import type { SharingOptions, SharedStorage, Snapshot } from '../../lib/fleet/index.js'
import { MemoryStorage } from '../../lib/testing/index.js'
import { ClockedRedis } from '../support/clocked-redis.js'

/** What a storage publishes about a circuit, and whose question has caused it. */
export interface Published {
  readonly circuit: string
  readonly process: string
  readonly snapshot: Snapshot
}

export interface Subject {
  /** Storages made of one subject share their circuits. */
  create(options?: SharingOptions): SharedStorage
  /** Sets the storage's clock, in seconds. */
  setClock(seconds: number): Promise<void>
  /** Loses everything. */
  forget(): Promise<void>
  /**
   * Calls the function with all that is published about circuits from here on.
   *
   * @returns a function that resolves once all that answered questions have caused was heard
   */
  listen(heard: (published: Published) => void): Promise<() => Promise<unknown>>
  stop(): Promise<void>
}

let prefixes = 0

export const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  RedisStorage: async () => {
    const redis = await ClockedRedis.start()
    await redis.setClock(0)
    prefixes += 1
    const prefix = `subject-${prefixes}`
    const listener = createClient({ url: redis.server.url })
    return {
      create: (options) => new RedisStorage({ client: redis.client, prefix, ...options }),
      setClock: (seconds) => redis.setClock(seconds),
      forget: () => redis.forget(),
      listen: async (heard) => {
        await listener.connect()
        await listener.subscribe(`${prefix}/events`, (text) => {
          const message = parseMessage(text)
          if (!message) throw new Error(`Unexpected message: ${text.slice(0, 200)}`)
          heard(message)
        })
        // On one connection, messages that were published before come before the reply.
        return () => listener.ping()
      },
      stop: () => {
        if (listener.isOpen) listener.destroy()
        return redis.stop()
      },
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
      listen: async (heard) => {
        storage.connect({
          pushed: (circuit, snapshot, process) => heard({ circuit, process, snapshot }),
          hinted: () => undefined,
          resumed: () => undefined,
          lost: () => undefined,
        })
        // It publishes in the next microtask.
        return () => Promise.resolve()
      },
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
