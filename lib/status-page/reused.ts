/**
 * What everybody who asks gets, made once in a while. With many circuits it costs much, and with any traffic it is out
 * of date at once: without this, whoever may see the page could keep the process busy with it.
 */

/** Seconds for which it is reused. */
const FRESH = 0.25
/** Up to so many circuits it costs about as much as the rest of an answer, so it is made anew after each change. */
const FEW = 100
const MS_PER_SECOND = 1000

export class Reused<Value> {
  readonly #make: () => Value
  readonly #countCircuits: () => number
  #made: { readonly value: Value; readonly at: number } | undefined
  #isOutdated = false

  constructor(make: () => Value, countCircuits: () => number) {
    this.#make = make
    this.#countCircuits = countCircuits
  }

  /** Something has changed. @returns what may still be used, which does not have the change */
  outdate(): Value | undefined {
    this.#isOutdated = true
    // It may be large, so nothing keeps it once nobody asks for it.
    if (this.#made && !isFresh(this.#made.at)) this.#made = undefined
    return this.#made?.value
  }

  /** As it was a moment ago. */
  recent(): Value {
    const isExact = this.#isOutdated && this.#countCircuits() <= FEW
    return this.#made && isFresh(this.#made.at) && !isExact ? this.#made.value : this.#anew()
  }

  #anew(): Value {
    const value = this.#make()
    // Making it may take long.
    this.#made = { value, at: performance.now() }
    this.#isOutdated = false
    return value
  }
}

function isFresh(at: number): boolean {
  return performance.now() - at < FRESH * MS_PER_SECOND
}
