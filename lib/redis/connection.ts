/** A breaker's connection to Redis: one script for all commands, one channel for all messages. */
import { property } from '../property.js'
import { reasonOf } from '../storage/reason.js'
import type { Answer, Connection, ConnectionListener, Question } from '../storage/storage.js'
import {
  discreet,
  evaluate,
  ignore,
  ignoreErrors,
  isReady,
  type EvalOptions,
  type RedisClient,
} from './client.js'
import { SCRIPT } from './script.js'
import { subscribe, type Subscription } from './subscription.js'
import { argumentsOf, parseMessage, parseReply, sha1, TRIAL } from './wire.js'

const SCRIPT_SHA1 = sha1(SCRIPT)
/** What waiting will not mend. Anything else, such as LOADING, may pass. */
const REFUSAL = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR)\b/
/** A read that fails where writes would. */
const REWRITE = 'rewrite'

export interface Source {
  readonly client: RedisClient
  /** Connects a client of ours; a caller's is connected by its caller. */
  connect(): Promise<unknown>
  close(): void
}

export class RedisConnection implements Connection {
  readonly ready: Promise<void>
  readonly #listener: ConnectionListener
  readonly #prefix: string
  readonly #source: Promise<Source>
  #client: RedisClient | undefined
  #subscription: Subscription | undefined
  #refuse: (error: unknown) => void = ignore
  #isClosed = false
  /** Whether messages have ever been heard: before that the fleet cannot be followed. */
  #isSubscribed = false
  /** Of each circuit, as Redis has told it: a message that is not signed with it proves nothing. */
  readonly #secrets = new Map<string, string>()
  /** A command was refused: one that is full, or a replica, takes no writes and answers reads. */
  #isDoubted = false

  constructor(source: Promise<Source>, prefix: string, listener: ConnectionListener) {
    this.#source = source
    this.#prefix = prefix
    this.#listener = listener
    const refusal = new Promise<never>((_resolve, reject) => {
      this.#refuse = reject
    })
    this.ready = Promise.race([this.#open(), refusal]).catch((error: unknown) => {
      throw discreet(error)
    })
    this.ready.catch(ignore)
  }

  get isUp(): boolean {
    return this.#isSubscribed && this.#client !== undefined && isReady(this.#client)
  }

  async ask(question: Question): Promise<Answer> {
    if (!this.#client) throw new Error('Redis is not connected')
    const { circuit } = question
    const secret = this.#secrets.get(circuit) ?? crypto.randomUUID()
    const [op, ...rest] = argumentsOf(question, this.#channel, secret)
    const command = op === 'read' && this.#isDoubted ? REWRITE : String(op)
    const reply = await this.#run(this.#client, `${this.#prefix}/${circuit}`, [command, ...rest])
    if (command !== 'read') this.#isDoubted = false
    const { answer, secret: told } = parseReply(reply)
    if (told) this.#secrets.set(circuit, told)
    return answer
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#subscription?.close()
    for (const [event, listener] of this.#listeners) this.#client?.off(event, listener)
    this.#client = undefined
    await this.#source.then((source) => source.close(), ignore)
  }

  async #run(client: RedisClient, key: string, args: string[]): Promise<unknown> {
    try {
      return await run(client, { keys: [key], arguments: args })
    } catch (error) {
      this.#isDoubted = true
      throw error
    }
  }

  get #channel(): string {
    return `${this.#prefix}/events`
  }

  async #open(): Promise<void> {
    const source = await this.#source
    if (this.#isClosed) return
    this.#client = source.client
    ignoreErrors(source.client)
    for (const [event, listener] of this.#listeners) source.client.on(event, listener)
    this.#subscription = subscribe({
      client: source.client,
      channel: this.#channel,
      onMessage: this.#onMessage,
      onResume: this.#onResume,
    })
    await Promise.all([source.connect(), this.#subscription.ready])
    this.#isSubscribed = true
    await this.ask(TRIAL)
  }

  readonly #onResume = (): void => {
    if (this.#isClosed) return
    this.#isSubscribed = true
    this.#listener.resumed()
  }

  readonly #onError = (told: unknown): void => {
    const error = discreet(told)
    const reason = reasonOf(error)
    if (REFUSAL.test(reason)) this.#refuse(error)
    // A cluster tells of each of its nodes.
    if (!this.isUp) this.#listener.lost(reason)
  }

  readonly #listeners = [
    ['error', this.#onError],
    ['ready', () => this.#listener.resumed()],
    ['end', () => this.#listener.lost('The client was closed')],
  ] as const

  readonly #onMessage = (text: unknown): void => {
    const message = parseMessage(text)
    if (!message) return
    const { circuit, snapshot, process } = message
    const secret = this.#secrets.get(circuit)
    if (secret !== undefined && message.isSignedWith(secret)) {
      this.#listener.pushed(circuit, snapshot, process)
    } else this.#listener.hinted(circuit)
  }
}

/** The script by its name, and in full where Redis does not know it: after a restart, a SCRIPT FLUSH, a failover. */
async function run(client: RedisClient, options: EvalOptions): Promise<unknown> {
  try {
    return await evaluate(client, 'evalSha', SCRIPT_SHA1, options)
  } catch (error) {
    if (!String(property(error, 'message')).startsWith('NOSCRIPT')) throw error
    return evaluate(client, 'eval', SCRIPT, options)
  }
}
