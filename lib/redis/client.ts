/**
 * The clients that a caller may pass. They are recognised by shape: nothing here depends on their class or
 * options.
 */
import { property } from '../internal/property.js'

export interface EvalOptions {
  keys: string[]
  arguments: string[]
}

/**
 * A client from `createClient`, `createClientPool`, `createCluster` or `createSentinel` of redis 4.6 or
 * newer.
 */
export interface NodeRedisClient {
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind and version has reply types of its own
  evalSha(sha1: string, options: EvalOptions): Promise<any>
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  eval(script: string, options: EvalOptions): Promise<any>
  // oxlint-disable-next-line typescript/no-explicit-any -- each event has its own arguments
  on(event: string, listener: (...args: any[]) => void): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  off(event: string, listener: (...args: any[]) => void): unknown
}

/** A `Redis` or a `Cluster` of ioredis 5 or newer. */
export interface IORedisClient {
  readonly status: string
  // oxlint-disable-next-line typescript/no-explicit-any -- overloaded, and of each kind by other types
  evalsha(...args: any[]): Promise<any>
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  duplicate(...args: any[]): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- each event has its own arguments
  on(event: string, listener: (...args: any[]) => void): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  off(event: string, listener: (...args: any[]) => void): unknown
}

export type RedisClient = NodeRedisClient | IORedisClient

export type Kind = 'client' | 'pool' | 'cluster' | 'sentinel' | 'ioredis client' | 'ioredis cluster'

type Method = (...args: unknown[]) => unknown

/** Returns a bound method, or undefined: not every kind of client has every method. */
export function methodOf(client: unknown, name: string): Method | undefined {
  const method = property(client, name)
  return typeof method === 'function' ? (method.bind(client) as Method) : undefined
}

export function isRedisClient(value: unknown): value is RedisClient {
  return isNodeRedis(value) || isIORedis(value)
}

function isNodeRedis(value: unknown): boolean {
  return ['evalSha', 'eval', 'on', 'off'].every((name) => methodOf(value, name))
}

export function isIORedis(value: unknown): value is IORedisClient {
  const methods = ['evalsha', 'duplicate', 'on', 'off']
  return (
    methods.every((name) => methodOf(value, name)) && typeof property(value, 'status') === 'string'
  )
}

export function kindOf(client: RedisClient): Kind {
  if (isIORedis(client)) return methodOf(client, 'nodes') ? 'ioredis cluster' : 'ioredis client'
  if (property(client, 'masters') !== undefined) return 'cluster'
  if (methodOf(client, 'getMasterNode')) return 'sentinel'
  return methodOf(client, 'subscribe') ? 'client' : 'pool'
}

/** A pool has no `isReady`. A cluster is ready once it knows its nodes. */
export function isReady(client: RedisClient): boolean {
  return Boolean(property(client, 'isReady') ?? property(client, 'isOpen') ?? true)
}

export function isOpen(client: RedisClient): boolean {
  return property(client, 'isOpen') !== false
}

/** Runs the job, and ignores whatever it throws or rejects with. */
export function ignoringErrors(job: (() => unknown) | undefined): void {
  try {
    Promise.resolve(job?.()).catch(ignore)
  } catch {
    // Of no interest any more.
  }
}

export function ignore(): void {
  // If the error matters, it is reported elsewhere.
}
