/** The figures of the story. Short times, so that an outage fits into seconds. */
export const CIRCUITS = {
  users: { threshold: 3, ttl: 2 },
  avatars: { threshold: 5, ttl: 3 },
}

/** How long the client service waits for an answer of the user service, in milliseconds. */
export const TIMEOUT = 1000

/** Time between two calls of one lane, in milliseconds. */
export const BEAT = 250

/** Callers that come at once when a circuit half-opens. */
export const CALLERS = 5

/** The demo gives up after this long, in milliseconds. A fleet has more processes to start. */
export const LIMITS = { alone: 18_500, fleet: 40_000 }

/** The user service takes so long for the answer to a probe, in milliseconds. */
export const PROBE_TIME = 300
