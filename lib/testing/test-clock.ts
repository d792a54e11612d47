/** A clock that only moves when it is told to, for the `now` of a breaker or of a `MemoryStorage`. */
import { ConfigError } from '../internal/config-error.js'

/** A nanosecond more than was asked for: a ttl is over once more than its seconds have passed. */
const HAIR = 1e-9

export class TestClock {
  #seconds = 0

  /** The time in seconds, for the option `now`. Bound: it may be handed on by itself. */
  readonly now = (): number => this.#seconds

  /**
   * Makes time pass: so many seconds and a nanosecond, so that a ttl of as many is over.
   *
   * @param seconds a number from 0, fractions allowed
   * @throws ConfigError
   */
  readonly advance = (seconds: number): void => {
    if (!(Number.isFinite(seconds) && seconds >= 0)) {
      const given = typeof seconds === 'number' ? String(seconds) : `a ${typeof seconds}`
      throw new ConfigError(
        `Invalid argument of advance: expected a number of seconds from 0, given ${given}`,
      )
    }
    this.#seconds += seconds + HAIR
  }
}
