/** A clock that moves only if a test calls `advance`, for the `now` of a breaker or of a `MemoryStorage`. */
import { ConfigError } from '../internal/config-error.js'

/** A nanosecond more than the caller asked for: a ttl is over once more than its seconds have passed. */
const HAIR = 1e-9

export class TestClock {
  #seconds = 0

  /** The time in seconds, for the option `now`. It is bound, so you can pass it on by itself. */
  readonly now = (): number => this.#seconds

  /**
   * Advances the clock by so many seconds and a nanosecond, so that a ttl of as many seconds is over.
   *
   * @param seconds 0 or more, fractions allowed
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
