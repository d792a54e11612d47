/** The tokens by which the storage knows the probes of one circuit. */
import type { Admission } from '../circuit/types.js'

/** The number of tokens made so far, for all circuits, so that each token is unique. */
let tokens = 0

export class Tokens {
  readonly #process: string
  /** Those of the probes in flight, with a lease or without. */
  readonly #byPermit = new Map<Admission, string>()

  /** @param process the unique name of the breaker */
  constructor(process: string) {
    this.#process = process
  }

  next(): string {
    tokens += 1
    return `${this.#process}:${tokens}`
  }

  /** @returns the token if the request is a probe. Others share a permit, so they can have none */
  keep(admission: Admission, token?: string): string | undefined {
    if (!admission.admitted || !admission.probe) return undefined
    const kept = token ?? this.next()
    this.#byPermit.set(admission, kept)
    return kept
  }

  of(permit: Admission): string | undefined {
    return this.#byPermit.get(permit)
  }

  /** The permit was given back. */
  forget(permit: Admission): void {
    this.#byPermit.delete(permit)
  }
}
