/**
 * One of our connections to Redis, through either package. A line that is lost is not used again: another
 * replaces it.
 */
import type { Send } from './scan.js'

/**
 * The SHA1 of no script. The server answers that it does not know such a script. Any user who may run our
 * script may ask for it.
 */
export const NO_SCRIPT = '0'.repeat(40)

export interface LineEvents {
  /** @param reason what to report if the attempt gets no further than this */
  onWait(reason: string): void
  /** The line was lost, or could not be made. @param error the reason */
  onError(error: unknown): void
}

export interface Line extends Evaluator {
  /** Connects, without keeping the process alive, now or later. Rejects with the cause. */
  connect(): Promise<unknown>
  /** Makes a round trip before anything is subscribed: a connection alone proves nothing. */
  greet(): Promise<unknown>
  /** Works while subscribed, too. If the server answers with an error, that proves as much as a PONG. */
  ping(): Promise<unknown>
  /** @param onMessage must not throw, since that would break the client's parser */
  subscribe(channel: string, onMessage: (text: unknown) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  /** Returns all servers that hold keys. */
  servers(): Promise<Send[]>
  /** Closes the line. Idempotent. Commands without an answer may stay pending. */
  destroy(): void
}

export interface Evaluator {
  /** @param script the script's SHA1 for `evalSha`, its text for `eval` */
  evaluate(command: EvalCommand, script: string, key: string, args: string[]): Promise<unknown>
}

export type EvalCommand = 'evalSha' | 'eval'

export type MakeLine = (events: LineEvents) => Promise<Line>
