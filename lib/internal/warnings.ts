/**
 * Writes to the console: nothing else in this library does. Each message appears once. An error may quote what a
 * server has answered, so all is escaped that a terminal would act upon.
 */
import { visible } from './quote.js'

const logged = new WeakMap<object, Set<string>>()

/**
 * Logs, once per function, that one of the user's functions failed. Its error must not reach a request, and
 * must not vanish either. Logs the stack only, since the properties of an error may hold a request's headers.
 */
export function reportOnce(what: string, culprit: object, error: unknown): void {
  logOnce('error', culprit, '', () => {
    const detail: unknown = error instanceof Error ? (error.stack ?? error.message) : typeof error
    // Only the first line begins at the left: an error's message may look like a line of the log.
    const lines = String(detail).split('\n').map(visible).join('\n ')
    return `${what}. Further errors from it are not logged. ${lines}`
  })
}

/**
 * Logs a warning, once per subject and topic. Never throws.
 *
 * @param level `error` for a mistake that will end the process sooner or later
 */
export function warnOnce(
  subject: object,
  topic: string,
  text: string,
  level: 'warn' | 'error' = 'warn',
): void {
  logOnce(level, subject, topic, () => visible(text))
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
    // Some test setups make the console throw. That must not reach a request either.
  }
}
