/** Hears the messages of the fleet, over a connection that no command waits on. */
import { property } from '../property.js'
import { later } from '../storage/timers.js'
import { destroy, ignore, ignoreErrors, methodOf, type RedisClient } from './client.js'

/** Seconds until a subscription that was refused is tried again: it may be allowed by then. */
const REFUSED_DELAY = 1
/** A cluster moves its subscriptions a little after it says that a node is ready. */
const CLUSTER_DELAY = 1
const LAST_RETRY = 2000

export interface SubscriptionOptions {
  readonly client: RedisClient
  readonly channel: string
  /** Never throws: what a listener throws upsets the client's parser. */
  readonly onMessage: (message: unknown) => void
  /** Messages may have been missed until now. */
  readonly onResume: () => void
}

export interface Subscription {
  /** Settles when messages are heard. May stay pending while Redis cannot be reached. */
  readonly ready: Promise<void>
  close(): void
}

/** A cluster and a sentinel client subscribe by themselves, and move with the topology. */
export function subscribe(options: SubscriptionOptions): Subscription {
  const { client } = options
  const isCluster = property(client, 'masters') !== undefined
  const isSentinel = methodOf(client, 'getMasterNode') !== undefined
  return isCluster || isSentinel ? subscribeItself(options) : subscribeByDuplicate(options)
}

function subscribeItself({ client, channel, onMessage, onResume }: SubscriptionOptions) {
  const onReady = (): void => {
    onResume()
    later(CLUSTER_DELAY, onResume)
  }
  let isClosed = false
  const open = async (): Promise<void> => {
    if (!isClosed) await methodOf(client, 'subscribe')?.(channel, onMessage)
    if (!isClosed) for (const event of ['ready', 'node-ready']) client.on(event, onReady)
  }
  const close = (): void => {
    isClosed = true
    for (const event of ['ready', 'node-ready']) client.off(event, onReady)
    Promise.resolve(methodOf(client, 'unsubscribe')?.(channel, onMessage)).catch(ignore)
  }
  return { ready: keepTrying(open, onResume), close }
}

/** A connection of our own: an app's `unsubscribe()` would take our listener with it, and RESP2 mixes no commands. */
function subscribeByDuplicate(options: SubscriptionOptions): Subscription {
  const { client, channel, onMessage, onResume } = options
  let own: unknown
  let isClosed = false
  const close = (): void => {
    isClosed = true
    client.off('end', close)
    destroy(own)
  }
  const open = async (): Promise<void> => {
    if (isClosed) return
    destroy(own)
    own = await duplicate(client)
    if (isClosed) return
    ignoreErrors(own)
    methodOf(own, 'unref')?.()
    await methodOf(own, 'connect')?.()
    await methodOf(own, 'subscribe')?.(channel, onMessage)
    // From here on the client subscribes anew by itself, before it says that it is ready.
    methodOf(own, 'on')?.('ready', onResume)
  }
  client.on('end', close)
  return { ready: keepTrying(open, onResume), close }
}

/** Settles as the first attempt does. */
function keepTrying(open: () => Promise<void>, onResume: () => void): Promise<void> {
  const again = (): void => void later(REFUSED_DELAY, () => void open().then(onResume, again))
  const ready = open()
  ready.catch(again)
  return ready
}

/** Without what the caller has set up for its own commands. */
async function duplicate(client: RedisClient): Promise<unknown> {
  const execute = methodOf(client, 'subscribe') ? undefined : methodOf(client, 'execute')
  const copy = (source: unknown): unknown =>
    methodOf(source, 'duplicate')?.(overridesFor(property(source, 'options')))
  return execute ? execute(copy) : copy(client)
}

function overridesFor(options: unknown): object {
  const socket = Object(property(options, 'socket')) as object
  return {
    socket: { ...socket, reconnectStrategy, socketTimeout: undefined },
    pingInterval: undefined,
    clientSideCache: undefined,
    emitInvalidate: undefined,
    disableOfflineQueue: false,
  }
}

/** Milliseconds before the next try. */
export function reconnectStrategy(tries: number): number {
  return Math.min(50 * 2 ** Math.min(tries, 10), LAST_RETRY) + Math.random() * 50
}
