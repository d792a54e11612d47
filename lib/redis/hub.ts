/**
 * The connections to one Redis. All breakers that are given the same storage or client share them, and one set
 * of listeners. The first breaker opens them, and the last one closes them.
 */
import type { CommandEvents, Commands } from './commands.js'
import type { EvalCommand, Evaluator } from './line.js'
import type { BorrowedClient, BorrowedClientEvents } from './borrowed-client.js'
import type { SentinelWatch } from './sentinel-watch.js'
import type { MessageEvents, Messages } from './subscription.js'

/** A breaker's connection, as the hub calls it. */
export interface Member {
  /** The channel whose messages the member wants. */
  readonly channel: string
  /** From now on, Redis answers commands. */
  up(): void
  /**
   * Redis does not answer commands, or messages do not arrive yet.
   *
   * @param error the reason
   * @param isOver whether the client was closed, so that only its owner can connect it again
   */
  down(error: unknown, isOver?: boolean): void
  /** Messages arrive from now on. Earlier ones may have been missed. */
  subscribed(): void
  received(text: unknown): void
}

export type Events = CommandEvents & MessageEvents & BorrowedClientEvents

/** The parts of a hub. They depend on whether it has a url or a client. */
export interface Parts {
  readonly commands: Commands
  readonly messages: Messages
  readonly owner?: BorrowedClient
  /** Connects the others anew when another server becomes the master. */
  readonly watch?: SentinelWatch
}

export type MakeParts = (events: Events) => Parts

export class Hub implements Evaluator {
  readonly #members = new Set<Member>()
  readonly #commands: Commands
  readonly #messages: Messages
  readonly #owner: BorrowedClient | undefined
  readonly #watch: SentinelWatch | undefined
  /** Why there is no connection: members that join in the meantime learn the reason. */
  #trouble: unknown

  constructor(make: MakeParts) {
    const parts = make(this.#events())
    this.#commands = parts.commands
    this.#messages = parts.messages
    this.#owner = parts.owner
    this.#watch = parts.watch
  }

  get isUp(): boolean {
    return this.#commands.isUp
  }

  join(member: Member): void {
    const isFirst = this.#members.size === 0
    const isNew = !this.#channels.has(member.channel)
    this.#members.add(member)
    if (isNew) this.#messages.add(member.channel)
    if (isFirst) this.#open()
    else if (!this.isUp && this.#trouble !== undefined) member.down(this.#trouble)
    if (this.isUp) member.up()
    if (this.#messages.isSubscribed(member.channel)) member.subscribed()
  }

  leave(member: Member): void {
    if (!this.#members.delete(member)) return
    if (!this.#channels.has(member.channel)) this.#messages.remove(member.channel)
    if (this.#members.size > 0) return
    this.#owner?.release()
    this.#close()
    this.#trouble = undefined
  }

  evaluate(command: EvalCommand, script: string, key: string, args: string[]): Promise<unknown> {
    return this.#commands.evaluate(command, script, key, args)
  }

  scan(pattern: string): Promise<string[]> {
    return this.#commands.scan(pattern)
  }

  /** A message never arrived. */
  missed(): void {
    this.#messages.missed()
  }

  get #channels(): Set<string> {
    return new Set(Array.from(this.#members, ({ channel }) => channel))
  }

  #open(): void {
    if (this.#owner) this.#owner.watch()
    else this.#connect()
  }

  #connect(): void {
    this.#commands.open()
    this.#messages.open()
    this.#watch?.open()
  }

  #close(): void {
    this.#watch?.close()
    this.#commands.close()
    this.#messages.close()
  }

  #down(error: unknown, isOver = false): void {
    this.#trouble = error
    for (const member of this.#members) member.down(error, isOver)
  }

  #listenersTo(channel: string): Member[] {
    return [...this.#members].filter((member) => member.channel === channel)
  }

  #events(): Events {
    return { ...this.#commandEvents(), ...this.#messageEvents(), ...this.#ownerEvents() }
  }

  #commandEvents(): CommandEvents {
    return {
      up: () => {
        for (const member of this.#members) member.up()
      },
      down: (error) => {
        this.#down(error)
        // Whatever broke this connection may have broken the other one silently.
        this.#messages.suspect()
      },
    }
  }

  #messageEvents(): MessageEvents {
    return {
      received: (channel, text) => {
        for (const member of this.#listenersTo(channel)) member.received(text)
      },
      subscribed: (channel) => {
        for (const member of this.#listenersTo(channel)) member.subscribed()
      },
      refused: (channel, error) => {
        for (const member of this.#listenersTo(channel)) member.down(error)
      },
      trouble: (error) => this.#down(error),
    }
  }

  #ownerEvents(): BorrowedClientEvents {
    return {
      onReady: () => {
        this.#connect()
        if (this.isUp) for (const member of this.#members) member.up()
      },
      onEnd: (error) => {
        this.#close()
        this.#down(error, true)
      },
      // A cluster emits an error for each of its nodes.
      onError: (error) => {
        if (!this.isUp) this.#down(error)
      },
    }
  }
}
