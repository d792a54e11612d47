/**
 * What everybody who asks gets, made once in a while. With many circuits it costs much, and with any traffic it is out
 * of date at once: without this, whoever may see the page could keep the process busy with it.
 */

/** Seconds for which it is reused, at the least. */
const FRESH = 0.25
/** And so many times as long as it took to make: this takes no more than a tenth of the time, whoever asks. */
const REST = 9
/** Up to so many circuits it costs about as much as the rest of an answer, so it is made anew after each change. */
const FEW = 100
const MS_PER_SECOND = 1000

interface Made<Value> {
  readonly value: Value
  /** Of the clock of `performance`. */
  readonly until: number
}

export class Reused<Value> {
  readonly #make: () => Value
  readonly #countCircuits: () => number
  #made: Made<Value> | undefined
  #isOutdated = false

  constructor(make: () => Value, countCircuits: () => number) {
    this.#make = make
    this.#countCircuits = countCircuits
  }

  /** Something has changed. @returns what may still be used, which does not have the change */
  outdate(): Value | undefined {
    this.#isOutdated = true
    // It may be large, so nothing keeps it once nobody asks for it.
    if (this.#made && !isFresh(this.#made)) this.#made = undefined
    return this.#made?.value
  }

  /** As it was a moment ago. */
  recent(): Value {
    const isExact = this.#isOutdated && this.#countCircuits() <= FEW
    return this.#made && isFresh(this.#made) && !isExact ? this.#made.value : this.#anew()
  }

  #anew(): Value {
    const from = performance.now()
    const value = this.#make()
    const now = performance.now()
    this.#made = { value, until: now + Math.max(FRESH * MS_PER_SECOND, REST * (now - from)) }
    this.#isOutdated = false
    return value
  }
}

function isFresh({ until }: Made<unknown>): boolean {
  return performance.now() < until
}
