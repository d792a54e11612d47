/** A breaker's view of Redis: one script for all commands, one channel for all messages. */
import { messageOf } from '../internal/errors.js'
import type { Answer, Connection, ConnectionListener, Question } from '../storage/contract.js'
import type { ForceAnswer, ForceQuestion } from '../storage/forces.js'
import { schedule } from '../internal/timers.js'
import { isRefusal, NO_ANSWER } from './failure-reasons.js'
import { LIST } from './force-commands.js'
import type { Hub, Member } from './hub.js'
import { Inbox } from './inbox.js'
import { Deferred } from './deferred.js'
import { ScriptCalls } from './script-calls.js'
import { checkWrites, type View } from './write-check.js'
import { ServerClock } from './server-clock.js'

const MS_PER_SECOND = 1000
const CLOSED = 'The connection to Redis was closed'
const now = (): number => performance.now() / MS_PER_SECOND

/** Seconds until a refused command is tried again, in case it is allowed by then. */
const FIRST_RETRY = 0.5
const LAST_RETRY = 4
/** Seconds after which an unanswered test is reported, although its answer may still come. */
const SLOW = 0.15

export class RedisConnection implements Connection, Member {
  readonly ready: Promise<void>
  readonly channel: string
  readonly #hub: Hub
  readonly #view: View
  readonly #listener: ConnectionListener
  readonly #readiness = new Deferred()
  readonly #inbox: Inbox
  readonly #script: ScriptCalls
  #isClosed = false
  /** Whether the channel was ever subscribed. Before that, this process cannot follow the fleet. */
  #isSubscribed = false
  #isProven = false
  #isTesting = false
  #cancelRetry: (() => void) | undefined
  #retry = FIRST_RETRY

  constructor(hub: Hub, view: View, listener: ConnectionListener) {
    this.#hub = hub
    this.#view = view
    this.#listener = listener
    this.channel = `${view.prefix}/events`
    const clock = new ServerClock(now)
    this.#inbox = new Inbox({
      listener,
      clock,
      onMissed: () => hub.missed(),
      readAll: () => this.isUp && listener.resumed(),
    })
    this.#script = new ScriptCalls({
      hub,
      view,
      channel: this.channel,
      inbox: this.#inbox,
      clock,
      now,
    })
    this.ready = this.#readiness.promise
  }

  get isUp(): boolean {
    return !this.#isClosed && this.#isProven && this.#hub.isUp
  }

  readonly open = (): void => this.#hub.join(this)

  async ask(question: Question): Promise<Answer> {
    if (this.#isClosed) throw new Error(CLOSED)
    return this.#script.ask(question)
  }

  async forces(question: ForceQuestion): Promise<ForceAnswer> {
    if (this.#isClosed) throw new Error(CLOSED)
    return this.#script.forces(question)
  }

  async circuits(): Promise<readonly string[]> {
    if (this.#isClosed) throw new Error(CLOSED)
    const start = `${this.#view.prefix}/`
    const keys = await this.#hub.scan(`${start}*`)
    return keys.map((key) => key.slice(start.length)).filter((name) => name !== LIST)
  }

  forget(circuit: string): void {
    this.#inbox.forget(circuit)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#inbox.close()
    this.#hub.leave(this)
  }

  up(): void {
    if (this.#isProven) this.#listener.resumed()
    else this.#prove()
  }

  down(error: unknown, isOver = false): void {
    if (this.isUp || this.#isClosed) return
    this.#listener.lost(messageOf(error), isOver)
    if (isRefusal(error)) this.#readiness.reject(error)
  }

  subscribed(): void {
    this.#isSubscribed = true
    this.#inbox.reset()
    this.up()
  }

  received(text: unknown): void {
    this.#inbox.received(text)
  }

  /** Redis answers and the channel is subscribed. Only a test can show whether Redis accepts writes. */
  #prove(): void {
    if (this.#isTesting || this.#isClosed || !this.#isSubscribed || !this.#hub.isUp) return
    this.#isTesting = true
    this.#cancelRetry?.()
    const test = Promise.all([checkWrites(this.#hub, this.#view), this.#script.test()])
    const cancelSlow = schedule(SLOW, () => this.down(new Error(NO_ANSWER)))
    void test.finally(cancelSlow).then(
      () => this.#pass(),
      (error: unknown) => this.#fail(error),
    )
  }

  #pass(): void {
    this.#isTesting = false
    this.#isProven = true
    if (this.#isClosed) return
    this.#readiness.resolve()
    this.#listener.resumed()
  }

  #fail(error: unknown): void {
    this.#isTesting = false
    this.down(error)
    if (this.#isClosed) return
    this.#cancelRetry = schedule(this.#retry, () => this.#prove())
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY)
  }
}
