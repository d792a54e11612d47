import { property } from './property.js'

/** What an error says. Some of a connection's say nothing but their code, and some are a mere text. */
export function messageOf(error: unknown): string {
  const texts = [...['message', 'code', 'name'].map((key) => property(error, key)), error]
  const found = texts.find((text) => typeof text === 'string' && text !== '')
  return typeof found === 'string' ? found : 'unknown'
}

/** An error that concerns one circuit alone, such as a key of a wrong type: the storage is up. */
export function isCircuitError(error: unknown): boolean {
  return property(error, 'scope') === 'circuit'
}
