/** The clients that a caller may bring, by shape: nothing here depends on their class or options. */
import { property } from '../property.js'
import { reasonOf } from '../storage/reason.js'

export interface EvalOptions {
  keys: string[]
  arguments: string[]
}

/** What `createClient`, `createClientPool`, `createCluster` and `createSentinel` give, from redis 4.6 on. */
export interface RedisClient {
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind and version has reply types of its own
  evalSha(sha1: string, options: EvalOptions): Promise<any>
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  eval(script: string, options: EvalOptions): Promise<any>
  // oxlint-disable-next-line typescript/no-explicit-any -- each event has its own arguments
  on(event: string, listener: (...args: any[]) => void): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  off(event: string, listener: (...args: any[]) => void): unknown
}

type Method = (...args: unknown[]) => unknown

/** A method that not every kind of client has. */
export function methodOf(client: unknown, name: string): Method | undefined {
  const method = property(client, name)
  return typeof method === 'function' ? (method.bind(client) as Method) : undefined
}

export function isRedisClient(value: unknown): value is RedisClient {
  return ['evalSha', 'eval', 'on', 'off'].every((name) => methodOf(value, name))
}

/** A pool has no `isReady`, and a cluster's is true once it knows its nodes. */
export function isReady(client: RedisClient): boolean {
  return Boolean(property(client, 'isReady') ?? property(client, 'isOpen') ?? true)
}

export function isOpen(client: RedisClient): boolean {
  return property(client, 'isOpen') !== false
}

/**
 * A cluster of redis 4 sends a script to any of its nodes, and gives up following them to the right one
 * after eight: told the key beside the command, it finds it at once.
 */
export async function evaluate(
  client: RedisClient,
  command: 'evalSha' | 'eval',
  script: string,
  options: EvalOptions,
): Promise<unknown> {
  const send = isCluster4(client) ? methodOf(client, 'sendCommand') : undefined
  if (!send) return client[command](script, options)
  const { keys, arguments: args } = options
  return send(keys[0], false, [
    command.toUpperCase(),
    script,
    String(keys.length),
    ...keys,
    ...args,
  ])
}

function isCluster4(client: RedisClient): boolean {
  return ['commandsExecutor', 'getSlotMaster'].every((name) => methodOf(client, name))
}

/** A client of ours: its replies are of no interest any more. */
export function destroy(client: unknown): void {
  const end = methodOf(client, 'destroy') ?? methodOf(client, 'disconnect')
  try {
    Promise.resolve(end?.()).catch(ignore)
  } catch {
    // It was closed already.
  }
}

const harmless = new WeakSet()

/** Without a listener an error ends the process: Redis must never hurt, so each client keeps one. */
export function ignoreErrors(client: unknown): void {
  if (typeof client !== 'object' || client === null || harmless.has(client)) return
  harmless.add(client)
  methodOf(client, 'on')?.('error', ignore)
}

/** A server quotes a command that it does not know, and with it the password, where that was to log in. */
export function discreet(error: unknown): unknown {
  const text = reasonOf(error)
  const [told] = text.split(/,? with args beginning with/)
  return told === text ? error : new Error(told)
}

export function ignore(): void {
  // Told elsewhere, where it is worth telling.
}
