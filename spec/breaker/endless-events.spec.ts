/** Listeners that cause events endlessly: the event loop stays free, nothing piles up, and a warning names them. */
import axios from 'axios'
import { MOST_WAITING } from '../../lib/breaker/delivery.js'
import { CircuitBreaker, type CircuitEvents } from '../../lib/index.js'
import { until } from '../support/until.js'

let warnings: jest.SpyInstance
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => warnings.mockRestore())

async function opened(names: readonly string[]) {
  const breaker = new CircuitBreaker({ threshold: 1, ttl: 60 })
  const adapter = () => Promise.reject(new Error('down'))
  const instances = names.map((name) => {
    const instance = axios.create({ adapter })
    breaker.attach(instance, name)
    return instance
  })
  const burst = (size: number) =>
    Promise.allSettled(Array.from({ length: size }, async () => instances[0]?.get('/')))
  for (const instance of instances) await instance.get('/').catch(() => undefined)
  return { breaker, instances, burst }
}

type Rejected = CircuitEvents['rejected']

describe.each([
  ['a request', 1, 1, false],
  ['a request, through asynchronous interceptors', 1, 1, true],
  ['two requests', 1, 2, false],
  ['two requests, through asynchronous interceptors', 1, 2, true],
  ['a request through another circuit', 3, 1, false],
])('a listener that sends %s', (_what, circuits, breadth, isAsync) => {
  it('keeps the event loop free, and is named once', async () => {
    const { breaker, instances } = await opened(
      Array.from({ length: circuits }, (_, id) => `${id}`),
    )
    if (isAsync) {
      for (const { interceptors } of instances) interceptors.request.use(async (config) => config)
    }
    const sending = { isOver: false }
    const unsubscribe = breaker.on('rejected', function alertOthers({ circuit }: Rejected) {
      const next = instances[(Number(circuit) + 1) % circuits]
      for (let sent = 0; sent < breadth && !sending.isOver; sent += 1) {
        next?.get('/alert').catch(() => undefined)
      }
    })
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    instances[0]?.get('/').catch(() => undefined)
    await until('the loop has had many turns', () => turns > 5)
    await until('the listener is named', () => warnings.mock.calls.length > 0)
    clearInterval(timer)
    sending.isOver = true
    unsubscribe()
    expect(String(warnings.mock.calls[0])).toContain('A listener of "rejected" ("alertOthers")')
    expect(
      warnings.mock.calls.filter(([text]) => String(text).includes('alertOthers')),
    ).toHaveLength(1)
  })
})

it('delivers all events of a burst in order, without a warning', async () => {
  const { breaker, burst } = await opened(['users'])
  const heard: [string, number][] = []
  let count = 0
  breaker.on('rejected', () => void heard.push(['first', (count += 1)]))
  breaker.on('rejected', () => void heard.push(['second', count]))
  const sent = 3000
  await burst(sent)
  await until('all is told', () => heard.length === 2 * sent)
  expect(heard).toEqual(
    Array.from({ length: 2 * sent }, (_, index) => [
      index % 2 === 0 ? 'first' : 'second',
      Math.floor(index / 2) + 1,
    ]),
  )
  expect(warnings).not.toHaveBeenCalled()
})

it('delivers at once again after a burst', async () => {
  const { breaker, burst } = await opened(['users'])
  const heard = jest.fn()
  breaker.on('rejected', heard)
  await burst(3100)
  await until('all is told', () => heard.mock.calls.length === 3100)
  breaker.on('created', heard)
  breaker.attach(axios.create(), 'orders')
  expect(heard).toHaveBeenCalledTimes(3101)
})

it('drops what comes while too many events wait, with one warning, and goes on afterwards', async () => {
  const breaker = new CircuitBreaker({ threshold: 1e9 })
  const circuit = breaker.attach(axios.create(), 'users')
  const heard: number[] = []
  breaker.on('failed', ({ failureCount }) => {
    heard.push(failureCount)
    if (failureCount > 1) return
    for (let more = 0; more < MOST_WAITING + 500; more += 1) circuit.report('failure')
  })
  circuit.report('failure')
  await until('what waits is told', () => heard.length > MOST_WAITING)
  circuit.report('failure')
  const delivered = Array.from({ length: MOST_WAITING + 1 }, (_, index) => index + 1)
  // The last one was reported when no event waited any more. All of them have counted.
  expect(heard).toEqual([...delivered, MOST_WAITING + 502])
  const dropped = warnings.mock.calls.filter(([text]) => String(text).includes('dropped'))
  expect(dropped).toEqual([[expect.stringContaining(`More than ${MOST_WAITING} events wait`)]])
})

it('lets listeners attach and detach endlessly', async () => {
  const breaker = new CircuitBreaker()
  const instance = axios.create()
  let isOver = false
  breaker.on('created', () => breaker.circuit('users')?.detach())
  breaker.on('detached', () => {
    if (!isOver) breaker.attach(instance, 'users')
  })
  breaker.attach(instance, 'users')
  let turns = 0
  const timer = setInterval(() => (turns += 1), 0)
  await until('the loop has had many turns', () => turns > 5)
  clearInterval(timer)
  isOver = true
  expect(String(warnings.mock.calls[0])).toContain('(without a name)')
})
