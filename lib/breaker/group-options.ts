/** The options of the circuits that a name function leads to. */
import {
  countField,
  parse,
  secondsField,
  withDefaults,
  type Shape,
} from '../internal/validation.js'
import {
  checkSameOptions,
  circuitShape,
  resolveOver,
  type CircuitDefaults,
  type CircuitOptions,
  type ResolvedCircuitOptions,
} from './config.js'
import type { RosterLimits } from './roster.js'

/** Options of the circuits that a name function leads to. */
export interface CircuitGroupOptions extends CircuitOptions {
  /**
   * How many circuits there are at most; a whole number from 1. Default 1000, of about 640 bytes each. Requests to
   * further names go without a circuit.
   */
  readonly maxCircuits?: number | undefined
  /**
   * Seconds without a request after which a circuit may be evicted, if it is closed and has no failures; above
   * 0. Default 600. It goes when a new name comes.
   */
  readonly idleTime?: number | undefined
}

const LIMITS: RosterLimits = { maxCircuits: 1000, idleTime: 600 }

export interface GroupSettings {
  readonly options: ResolvedCircuitOptions
  readonly limits: RosterLimits
}

/**
 * @param known the settings that the function already has
 * @throws ConfigError
 */
export function resolveGroupOptions(
  options: unknown,
  defaults: CircuitDefaults,
  known: GroupSettings | undefined,
): GroupSettings {
  if (options === undefined) return known ?? { options: defaults.resolved, limits: LIMITS }
  const shape = {
    ...circuitShape(),
    maxCircuits: countField(),
    idleTime: secondsField(),
  } satisfies Shape<CircuitGroupOptions>
  const parsed = parse(shape, options, 'options of a name function')
  const { maxCircuits, idleTime, ...circuitOptions } = parsed
  const given = {
    options: resolveOver(defaults, circuitOptions),
    limits: withDefaults(LIMITS, { maxCircuits, idleTime }),
  }
  if (known) checkSameOptions('This name function', flat(known), flat(given))
  return given
}

function flat({ options, limits }: GroupSettings): ResolvedCircuitOptions & RosterLimits {
  return { ...options, ...limits }
}
