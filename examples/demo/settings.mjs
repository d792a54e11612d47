/**
 * The settings of the story. Times are short, so that an outage takes only seconds. In an outage, the circuit
 * of users opens at 3 failures in a row, before half of its last 8 requests have failed.
 */
export const CIRCUITS = {
  users: { threshold: 3, ttl: 2, failureRate: { threshold: 0.5, window: { requests: 8 } } },
  avatars: { threshold: 5, ttl: 3 },
}

/** @typedef {keyof typeof CIRCUITS} Kind */

/** @type {readonly Kind[]} */
export const KINDS = ['users', 'avatars']

/** How long the client service waits for an answer of the user service, in milliseconds. */
export const TIMEOUT = 1000

/** Time between two calls of one lane, in milliseconds. */
export const BEAT = 250

/** Callers that come at once when a circuit half-opens. */
export const CALLERS = 5

/** Whether somebody sits at a terminal, and can type. */
export const isAttended = process.stdin.isTTY && process.stdout.isTTY

/** How long an operator has to type a command, before the demo runs it, in milliseconds. */
export const TYPING = 60_000

/** How long the demo may take, in milliseconds. A fleet has more processes to start. */
export const LIMITS = { alone: 26_000, fleet: 60_000 + (isAttended ? TYPING : 0) }

/** How long the user service takes to answer a probe, in milliseconds. */
export const PROBE_TIME = 300
