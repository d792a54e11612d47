import type { AxiosAdapter } from 'axios'
import type { Attachable } from '../circuit/circuit.js'
import { ConfigError } from '../internal/config-error.js'
import { property } from '../internal/property.js'
import { describeKind } from '../internal/quote.js'

export type { Attachable }

/**
 * Checks the shape and not the class, because an app may have several copies of axios, or a mock. @throws
 * ConfigError
 */
export function checkInstance(instance: unknown): asserts instance is Attachable {
  const interceptors = property(instance, 'interceptors')
  const usable = ['request', 'response'].every(
    (phase) => typeof property(property(interceptors, phase), 'use') === 'function',
  )
  if (usable) return
  throw new ConfigError(`Invalid instance: expected an axios instance, given ${describe(instance)}`)
}

/** @throws ConfigError */
export function checkAdapter(adapter: unknown): asserts adapter is AxiosAdapter {
  if (typeof adapter === 'function') return
  const expected = "expected a function, such as getAdapter('http') of axios gives"
  throw new ConfigError(`Invalid adapter: ${expected}, given ${describeKind(adapter)}`)
}

function describe(value: unknown): string {
  const hint = property(value, 'axiosRef') ? ' with an axiosRef: attach to that' : ''
  return `${describeKind(value)}${hint}`
}
