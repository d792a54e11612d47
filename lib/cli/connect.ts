/** Connects to Redis within a deadline, and to a cluster by the URL of any node. */
import { messageOf } from '../internal/errors.js'
import { withTimeout } from '../internal/timers.js'
import { ignoringErrors, methodOf } from '../redis/client.js'
import { RedisStorage, type RedisStorageOptions } from '../redis/index.js'
import type { Connection, ConnectionListener } from '../storage/contract.js'
import type { Target } from './arguments.js'
import { UsageError } from './usage.js'

/** Seconds that Redis may take to connect, and for each answer. */
export const DEADLINE = 5
const LATE = `No answer within ${DEADLINE} s`
/** Reasons that waiting does not change. */
const FINAL = /ECONNREFUSED|ENOTFOUND|certificate|needs the package redis/
const MISSING =
  'The command line needs the package redis. In your project: npm install redis. ' +
  'Elsewhere: npx -p axios-breaker -p redis axios-breaker'
/** A fault as RedisStorage reports it, and the option that has it. */
const FAULT = /✖ (.*)\n\s*→ at (\w+)/
const DEAF: ConnectionListener = { pushed: ignore, hinted: ignore, resumed: ignore, lost: ignore }

/** Redis cannot be used, or did not do what it was asked. */
export class RedisError extends Error {
  override readonly name = 'RedisError'
}

export interface Connected {
  readonly connection: Connection
  close(): Promise<void>
}

/**
 * @throws UsageError if the URL or the prefix is wrong
 * @throws RedisError if Redis cannot be used
 */
export async function connect(
  target: Target,
  listener: Partial<ConnectionListener>,
): Promise<Connected> {
  try {
    return await connectTo(storageOf(target, { url: target.url }), listener)
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (!messageOf(error).startsWith('MOVED')) throw unusable(target, error)
  }
  try {
    return await connectToCluster(target, listener)
  } catch (error) {
    throw unusable(target, error)
  }
}

/** The server, without user and password. */
export function placeOf({ url }: Target): string {
  return `Redis at ${new URL(url).host}`
}

async function connectTo(
  storage: RedisStorage,
  listener: Partial<ConnectionListener>,
): Promise<Connected> {
  let reason = LATE
  let giveUp: (error: Error) => void = ignore
  const hopeless = new Promise<never>((_, reject) => {
    giveUp = reject
  })
  const lost: ConnectionListener['lost'] = (why, isDown) => {
    reason = why
    if (FINAL.test(why)) giveUp(new Error(why))
    listener.lost?.(why, isDown)
  }
  const connection = storage.connect({ ...DEAF, ...listener, lost })
  try {
    await withTimeout(DEADLINE, Promise.race([connection.ready, hopeless]), LATE)
    return { connection, close: () => connection.close() }
  } catch (error) {
    await connection.close()
    throw messageOf(error) === LATE ? new Error(reason) : error
  }
}

async function connectToCluster(
  target: Target,
  listener: Partial<ConnectionListener>,
): Promise<Connected> {
  const client = await clusterOf(target)
  const end = (): void => ignoringErrors(methodOf(client, 'destroy') ?? methodOf(client, 'disconnect')) // prettier-ignore
  try {
    await withTimeout(DEADLINE, client.connect(), LATE)
    const { connection } = await connectTo(storageOf(target, { client }), listener)
    return { connection, close: () => connection.close().then(end) }
  } catch (error) {
    end()
    throw error
  }
}

/** Its other nodes take the same user and password as the one of the URL. */
async function clusterOf({ url }: Target) {
  const { createCluster } = await import('redis')
  const { username, password, protocol } = new URL(url)
  const client = createCluster({
    RESP: 2,
    rootNodes: [{ url }],
    defaults: {
      // As for a single server: a user with the documented permissions may not introduce the client.
      disableClientInfo: true,
      maintNotifications: 'disabled',
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { socket: { tls: true } }),
    },
  })
  client.on('error', ignore)
  return client
}

/** @throws UsageError that names what was given on the command line */
function storageOf({ prefix, source }: Target, options: RedisStorageOptions): RedisStorage {
  try {
    return new RedisStorage({ ...options, prefix })
  } catch (error) {
    const [, fault = messageOf(error), option] = FAULT.exec(messageOf(error)) ?? []
    throw new UsageError(`${option === 'url' ? source : `--${option}`}: ${fault}`)
  }
}

function unusable(target: Target, error: unknown): RedisError {
  const why = messageOf(error)
  if (why.includes('needs the package redis')) return new RedisError(MISSING)
  return new RedisError(`${placeOf(target)} cannot be used: ${why}`)
}

function ignore(): void {
  // Only `watch` listens.
}
