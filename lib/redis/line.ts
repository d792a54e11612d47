/** One connection of ours to Redis, by whichever package. It is used up when it is lost: another takes its place. */

/** Of no script: a server answers that it does not know it, and a user who may run ours may ask. */
export const NO_SCRIPT = '0'.repeat(40)

export interface LineEvents {
  /** @param reason what is wrong, should it go no further from here */
  onWait(reason: string): void
  /** The line is used up, or cannot be made: why. */
  onError(error: unknown): void
}

export interface Line extends Evaluator {
  /** Keeps no process alive, neither meanwhile nor afterwards. Rejects with the cause. */
  connect(): Promise<unknown>
  /** A round trip, before it is subscribed: without one a connection proves nothing. */
  greet(): Promise<unknown>
  /** Also while it is subscribed. An error that the server answers with proves as much as a PONG. */
  ping(): Promise<unknown>
  /** @param onMessage never throws: what a listener throws upsets a client's parser */
  subscribe(channel: string, onMessage: (text: unknown) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  /** Idempotent. What is unanswered may stay pending. */
  destroy(): void
}

export interface Evaluator {
  /** @param script its SHA1 for `evalSha`, its text for `eval` */
  evaluate(command: EvalCommand, script: string, key: string, args: string[]): Promise<unknown>
}

export type EvalCommand = 'evalSha' | 'eval'

export type MakeLine = (events: LineEvents) => Promise<Line>
