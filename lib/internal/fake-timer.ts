/** Tells the timers of test suites, which fire when a test says so, or never. */

/** Jest, Vitest and Sinon give theirs a clock, Jest's older ones are mocks, and node:test binds its own. */
export function isFakeTimer(timer: typeof setTimeout): boolean {
  return 'clock' in timer || '_isMockFunction' in timer || timer.name.startsWith('bound ')
}
