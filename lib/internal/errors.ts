import { property } from './property.js'

/**
 * Returns an error's message. Some connection errors have only a code, and some values thrown are plain
 * strings.
 */
export function messageOf(error: unknown): string {
  const texts = [...['message', 'code', 'name'].map((key) => property(error, key)), error]
  const found = texts.find((text) => typeof text === 'string' && text !== '')
  return typeof found === 'string' ? found : 'unknown'
}

/** Whether the error concerns a single circuit, such as a key of the wrong type. The storage is then up. */
export function isCircuitError(error: unknown): boolean {
  return property(error, 'scope') === 'circuit'
}
