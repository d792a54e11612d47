/** A circuit that opens, as a registry of the consumer's own shows it. */
import assert from 'node:assert/strict'

/**
 * @param app the copies of axios, axios-breaker and prom-client that the app has loaded
 * @returns the states that were shown, in one line
 */
export async function monitor({ axios, CircuitBreaker, ConfigError, prometheus, ...app }) {
  const breaker = new CircuitBreaker({ threshold: 1 })
  const users = axios.create({ adapter: () => Promise.reject(new Error('down')) })
  breaker.attach(users, 'users')
  const stops = [app.collectMetrics(breaker), app.observeMetrics(breaker)]
  assert.throws(() => app.collectMetrics(breaker, { buckets: [] }), ConfigError)
  const state = async () => {
    const text = await prometheus.register.metrics()
    return /^circuit_breaker_state\{client_name="users"\} (\d)$/m.exec(text)?.[1] ?? 'none'
  }
  const states = [await state()]
  await users.get('/').catch(() => undefined)
  states.push(await state())
  for (const stop of stops) stop()
  states.push(await state())
  return states.join(', ')
}
