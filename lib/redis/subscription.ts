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
  return isCluster || isSentinel ? subscribeItself(options) : new Duplicate(options)
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
class Duplicate implements Subscription {
  readonly ready: Promise<void>
  readonly #options: SubscriptionOptions
  #own: unknown
  #isClosed = false
  /** Its owner has closed the client, and may connect it anew. */
  #hasEnded = false

  constructor(options: SubscriptionOptions) {
    this.#options = options
    options.client.on('end', this.#onEnd)
    options.client.on('ready', this.#onReady)
    this.ready = this.#keepTrying()
  }

  close(): void {
    this.#isClosed = true
    this.#options.client.off('end', this.#onEnd)
    this.#options.client.off('ready', this.#onReady)
    destroy(this.#own)
  }

  #keepTrying(): Promise<void> {
    return keepTrying(() => this.#open(), this.#options.onResume)
  }

  async #open(): Promise<void> {
    const { client, channel, onMessage, onResume } = this.#options
    if (this.#isOver) return
    destroy(this.#own)
    this.#own = await duplicate(client)
    if (this.#isOver) return
    ignoreErrors(this.#own)
    methodOf(this.#own, 'unref')?.()
    await methodOf(this.#own, 'connect')?.()
    await methodOf(this.#own, 'subscribe')?.(channel, onMessage)
    // From here on the client subscribes anew by itself, before it says that it is ready.
    methodOf(this.#own, 'on')?.('ready', onResume)
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#hasEnded
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    destroy(this.#own)
  }

  readonly #onReady = (): void => {
    if (!this.#hasEnded) return
    this.#hasEnded = false
    void this.#keepTrying().then(this.#options.onResume, ignore)
  }
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
