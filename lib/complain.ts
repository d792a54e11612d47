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
    console.error(`axios-breaker: ${what}, and will not be told of again. ${detail}`)
  } catch {
    // A console that throws, as some test setups make it, must not reach the request either.
  }
}

/** Warns on the console, once for each object that it is about. */
export function warnOnce(about: object, message: string): void {
  if (known.has(about)) return
  known.add(about)
  try {
    console.warn(`axios-breaker: ${message}`)
  } catch {
    // As above.
  }
}
