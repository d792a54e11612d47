/** Everything that this library writes to the console, and how rarely. */
const logged = new WeakMap<object, Set<string>>()

/**
 * Says on the console, once per function, that a user's own function failed: its error must reach
 * nobody's request, and must not vanish either. Prints the stack only, as an error's properties
 * may hold a request's headers.
 */
export function reportOnce(what: string, culprit: object, error: unknown): void {
  logOnce('error', culprit, '', () => {
    const detail = error instanceof Error ? (error.stack ?? error.message) : typeof error
    return `${what}. Its further errors are not logged. ${detail}`
  })
}

/**
 * Warns on the console, once per subject and topic. Never throws.
 *
 * @param level `error` for what will bring the process down in the end
 */
export function warnOnce(
  subject: object,
  topic: string,
  text: string,
  level: 'warn' | 'error' = 'warn',
): void {
  logOnce(level, subject, topic, () => text)
}

function logOnce(
  level: 'error' | 'warn',
  subject: object,
  topic: string,
  text: () => string,
): void {
  const topics = logged.get(subject) ?? new Set()
  if (topics.has(topic)) return
  logged.set(subject, topics.add(topic))
  try {
    console[level](`axios-breaker: ${text()}`)
  } catch {
    // A console that throws, as some test setups make it, must not reach the request either.
  }
}
