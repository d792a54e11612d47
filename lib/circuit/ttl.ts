/** How long a circuit stays opened. */
import type { OpeningCause } from './opening/terms.js'

/** Opens a circuit for longer each time that the service is still down. */
export interface Growth {
  /** How many times longer a round lasts than the one before it. */
  readonly factor: number
  /** Seconds. */
  readonly max: number
  /** The part of its time by which a round may last longer, so that not all circuits come back at once. */
  readonly jitter: number
}

/** Of the generator MINSTD. Its products are exact, also in the script, whose numbers are doubles as well. */
export const MODULUS = 2 ** 31 - 1
export const MULTIPLIER = 48_271

/** What is known of an opening: with the options of a process it says how long it lasts. */
export interface OpeningFacts {
  /** What opened the circuit. */
  readonly cause?: OpeningCause | undefined
  /** 1 for the first, and one more for each round of probes that failed. */
  readonly round?: number | undefined
  /** A whole number that decides the jitter: with the same one, all processes compute the same time. */
  readonly seed?: number | undefined
  /** Seconds for which the service asked to be left alone. */
  readonly retryAfter?: number | undefined
}

export interface TtlRules {
  /** Seconds of the first round. */
  readonly ttl: number
  readonly growth?: Growth | false | undefined
  readonly maxRetryAfter?: number | undefined
}

/** @returns seconds */
export function lastsFor(
  { ttl, growth, maxRetryAfter = 0 }: TtlRules,
  { round = 1, seed = 0, retryAfter = 0 }: OpeningFacts,
): number {
  const least = Math.min(retryAfter, maxRetryAfter)
  if (!growth) return Math.max(ttl, least)
  const { factor, max, jitter } = growth
  const grown = Math.min(max, ttl * factor ** (round - 1))
  return Math.max(grown * (1 + jitter * fractionOf(seed)), least)
}

/** A pseudorandom number from 0 to 1. */
export function fractionOf(seed: number): number {
  const once = ((seed % MODULUS) * MULTIPLIER) % MODULUS
  return ((once * MULTIPLIER) % MODULUS) / MODULUS
}
