/** Advances the breaker's clock in the running spec, so that no ttl passes by itself on a busy machine. */
const realNow = performance.now.bind(performance)
let ahead = 0

export function advance(seconds: number): void {
  ahead += seconds * 1000
  jest.spyOn(performance, 'now').mockImplementation(() => realNow() + ahead)
}

afterEach(() => {
  ahead = 0
  jest.restoreAllMocks()
})
