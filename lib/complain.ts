/** Everything that this library writes to the console, and how rarely. */
const known = new WeakSet()

/**
 * Says on the console, once per function, that a user's own function failed: its error must reach
 * nobody's request, and must not vanish either. Prints the stack only, as an error's properties
 * may hold a request's headers.
 */
export function complain(what: string, culprit: object, error: unknown): void {
  if (known.has(culprit)) return
  known.add(culprit)
  try {
    const detail = error instanceof Error ? (error.stack ?? error.message) : typeof error
    console.error(`axios-breaker: ${what}. Its further errors are not logged. ${detail}`)
  } catch {
    // A console that throws, as some test setups make it, must not reach the request either.
  }
}

const warned = new WeakMap<object, Set<string>>()

/** Warns on the console, once per subject and topic. Never throws. */
export function warnOnce(subject: object, topic: string, text: string): void {
  const topics = warned.get(subject) ?? new Set()
  if (topics.has(topic)) return
  warned.set(subject, topics.add(topic))
  try {
    console.warn(`axios-breaker: ${text}`)
  } catch {
    // As above.
  }
}
