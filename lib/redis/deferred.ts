/** A promise that other code settles. Nobody has to handle its rejection. */
export class Deferred {
  readonly promise: Promise<void>
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.promise.catch(() => undefined)
  }

  resolve(): void {
    this.#resolve()
  }

  reject(error: unknown): void {
    this.#reject(error)
  }
}
