/** Receives the messages of the channel, and decides which of them to trust. */
import type { ConnectionListener } from '../storage/contract.js'
import { MissedMessages } from './missed-messages.js'
import { parseMessage } from './message.js'
import { Rereading } from './rereading.js'
import { agedBy, type ServerClock } from './server-clock.js'
import { LIST } from './force-commands.js'
import type { Reply } from './wire.js'

/**
 * Seconds that a message may have waited in a socket. If it looks older, somebody may have recorded it and repeat it:
 * a secret stays the same for days. Or Redis's clock was set back. Reading the circuit shows what is true.
 */
const LONGEST_WAIT = 60

export interface InboxOptions {
  readonly listener: Pick<ConnectionListener, 'pushed' | 'hinted' | 'forcesChanged'>
  readonly clock: ServerClock
  /** Called if an answer shows that a message never arrived. */
  readonly onMissed: () => void
  /** Called for a message that could be about any circuit. */
  readonly readAll: () => void
}

export class Inbox {
  readonly #options: InboxOptions
  /**
   * The secret of each circuit, as Redis answered it. A message that is not signed with it proves nothing, nor does
   * one that is old.
   */
  readonly #secrets = new Map<string, string>()
  readonly #missed: MissedMessages
  readonly #rereading: Rereading

  constructor(options: InboxOptions) {
    this.#options = options
    this.#missed = new MissedMessages(options.onMissed)
    this.#rereading = new Rereading(options.readAll)
  }

  secretOf(circuit: string): string | undefined {
    return this.#secrets.get(circuit)
  }

  received(text: unknown): void {
    const message = parseMessage(text)
    if (!message) return this.#receivedUnreadable()
    const { circuit, snapshot, time, process, forces } = message
    const { listener, clock } = this.#options
    if (forces !== undefined) {
      this.#missed.received(LIST, forces, false)
      return listener.forcesChanged?.(forces)
    }
    const secret = this.#secrets.get(circuit)
    const age = clock.ageOf(time)
    const isProven = age <= LONGEST_WAIT && secret !== undefined && message.isSignedWith(secret)
    this.#missed.received(circuit, snapshot.epoch, isProven)
    if (isProven) listener.pushed(circuit, agedBy(snapshot, age), process)
    else listener.hinted(circuit)
  }

  answered(circuit: string, { secret, answer }: Reply): void {
    if (secret) this.#secrets.set(circuit, secret)
    this.#missed.answered(circuit, answer.epoch)
  }

  /** Redis has answered with the list of forced circuits. */
  answeredForces(version: number): void {
    this.#missed.answered(LIST, version)
  }

  forget(circuit: string): void {
    this.#secrets.delete(circuit)
    this.#missed.forget(circuit)
  }

  /** Call this if messages may have been missed. The caller then reads all circuits. */
  reset(): void {
    this.#missed.reset()
  }

  close(): void {
    this.#rereading.stop()
  }

  /**
   * The message comes from a later release, or from another program. Whatever it says, the keys say it too.
   */
  #receivedUnreadable(): void {
    this.#missed.reset()
    this.#rereading.request()
  }
}
