/** A refused action: the status of the answer, and what it says to the person who asked. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const MS_PER_SECOND = 1000

/** Rejects with the refusal if the promise takes longer than these seconds. */
export function within<Value>(
  seconds: number,
  promise: Promise<Value>,
  refusal: Refused,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(refusal), seconds * MS_PER_SECOND)
    void promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
