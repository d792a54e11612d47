/** The settings of the story. Times are short, so that an outage takes only seconds. */
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

/** How long the demo may take, in milliseconds. A fleet has more processes to start. */
export const LIMITS = { alone: 18_500, fleet: 40_000 }

/** How long the user service takes to answer a probe, in milliseconds. */
export const PROBE_TIME = 300
