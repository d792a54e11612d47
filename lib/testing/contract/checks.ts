/** The checks of the contract. They run in any environment: no test runner, no module of Node. */

/** Durations are compared to the millisecond, because a storage may count in doubles or in microseconds. */
const TOLERANCE = 1e-3

/** @throws Error if `actual` does not have these values */
export function check<Value extends object>(actual: Value, expected: Partial<Value>): void {
  const given: object = actual
  for (const [name, value] of Object.entries(expected)) {
    const found: unknown = Object.entries(given).find(([key]) => key === name)?.[1]
    if (isSame(found, value)) continue
    fail(`Expected ${name} to be ${text(value)}, got ${text(found)} in ${text(actual)}`)
  }
}

/** @throws Error with this text if the condition does not hold */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message)
}

/** @throws Error if any two neighbours are not in ascending order */
export function checkAscending(what: string, values: readonly number[]): void {
  const isAscending = values.every((value, at) => at === 0 || value > (values[at - 1] ?? value))
  must(isAscending, `Expected each ${what} to exceed the one before, got ${values.join(', ')}`)
}

/** Polls, because a change needs a moment to reach the other processes. */
export async function eventually(
  what: string,
  seconds: number,
  condition: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await condition())) {
    must(performance.now() < end, `Expected within ${seconds} s that ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') {
    return Math.abs(one - other) < TOLERANCE
  }
  return one === other
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}

function fail(message: string): never {
  throw new Error(message)
}
