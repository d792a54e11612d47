/** Nest's HttpService: a subscription is a request, and unsubscribing is a cancellation. */
import { HttpService } from '@nestjs/axios'
import { isAxiosError } from 'axios'
import { firstValueFrom, merge, retry, timeout, toArray, type Observable } from 'rxjs'
import { OpenedStateError } from '../../lib/index.js'
import { Counted, errorOf, ORDERS, type Scenario } from '../support/counted.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

// It loads Nest's optional packages, none of which is needed, and Jest cannot load its `import.meta`.
jest.mock('@nestjs/common/utils/load-package.util.js', () => ({}))

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

const ending = (observable: Observable<unknown>): Promise<unknown> =>
  errorOf(firstValueFrom(observable))

describe.each(ORDERS)("a circuit %s Nest's HttpService", (order) => {
  const serving = (scenario: Scenario = {}) =>
    new Counted(upstream, order, (instance) => new HttpService(instance), scenario)

  it('guards the axiosRef of the service', () => {
    const counted = serving()
    expect(counted.plugged.axiosRef).toBe(counted.instance)
  })

  it('counts each subscription once', async () => {
    const counted = serving()
    const request = counted.plugged.get('/status/503')
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    await ending(request)
    await ending(request)
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 0 })
  })

  it('counts a success, and a 404 as one', async () => {
    const counted = serving()
    await ending(counted.plugged.get('/status/503'))
    await firstValueFrom(counted.plugged.post('/status/200', { name: 'naruto' }))
    expect(counted.circuit.failureCount).toBe(0)
    await ending(counted.plugged.get('/status/503'))
    await ending(counted.plugged.delete('/status/404'))
    expect(counted.circuit.failureCount).toBe(0)
    expect(counted.counts).toEqual({ hits: 4, attempts: 4, failures: 2, refusals: 0 })
  })

  it('counts each attempt of the retry operator', async () => {
    const counted = serving()
    await ending(counted.plugged.get('/status/503').pipe(retry(3)))
    expect(counted.counts).toEqual({ hits: 4, attempts: 4, failures: 4, refusals: 0 })
  })

  it('passes a refusal to the subscriber, and sends nothing', async () => {
    const counted = serving()
    await counted.open()
    const error = await ending(counted.plugged.get('/'))
    expect(error).toBeInstanceOf(OpenedStateError)
    expect(isAxiosError(error)).toBe(true)
    expect(counted.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await counted.admitsProbe()).toBe(true)
  })

  it('ignores a request that is unsubscribed in flight', async () => {
    const counted = serving()
    await ending(counted.plugged.get('/status/503'))
    const subscription = counted.plugged.get('/hang').subscribe()
    await until('it is in flight', () => counted.counts.hits === 2)
    subscription.unsubscribe()
    await until('it is recorded', () => counted.counts.attempts === 2)
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
    expect(counted.circuit.failureCount).toBe(1)
  })

  it('gives the permit back when the probe is unsubscribed in flight', async () => {
    const counted = serving()
    await counted.halfOpen()
    const subscription = counted.plugged.get('/hang').subscribe()
    await until('it is in flight', () => counted.counts.hits === 1)
    expect(await ending(counted.plugged.get('/'))).toBeInstanceOf(OpenedStateError)
    subscription.unsubscribe()
    await until('it is recorded', () => counted.counts.attempts === 1)
    expect(counted.circuit.state).toBe('half-opened')
    await firstValueFrom(counted.plugged.get('/'))
    expect(counted.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 1 })
    expect(counted.circuit.state).toBe('closed')
  })

  it('gives the permit back when the probe is unsubscribed in the turn in which it was sent', async () => {
    const counted = serving()
    await counted.halfOpen()
    counted.plugged.get('/').subscribe().unsubscribe()
    await until('it is recorded', () => counted.counts.attempts === 1)
    expect(counted.circuit.state).toBe('half-opened')
    await firstValueFrom(counted.plugged.get('/'))
    expect(counted.counts).toMatchObject({ attempts: 2, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('closed')
  })

  // The operator unsubscribes, so its time limit looks like a cancellation.
  it('ignores a request that the timeout operator ends', async () => {
    const counted = serving()
    await counted.halfOpen()
    await ending(counted.plugged.get('/hang').pipe(timeout(100)))
    await until('it is recorded', () => counted.counts.attempts === 1)
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('half-opened')
    expect(await counted.admits()).toBe(true)
  })

  it('lets one of three concurrent subscriptions through as the probe', async () => {
    const counted = serving()
    await counted.halfOpen()
    const requests = [1, 2, 3].map(() => counted.plugged.get('/status/503'))
    const errors = await Promise.all(requests.map(ending))
    expect(errors.filter((error) => error instanceof OpenedStateError)).toHaveLength(2)
    expect(counted.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 2 })
    expect(await counted.admitsProbe()).toBe(true)
  })

  it('passes the permit on from each subscription to the next', async () => {
    const counted = serving({ outcome: 'ignored' })
    await counted.halfOpen()
    await ending(counted.plugged.get('/status/503').pipe(retry(3)))
    await firstValueFrom(merge(counted.plugged.get('/')).pipe(toArray()))
    expect(counted.counts).toEqual({ hits: 5, attempts: 5, failures: 0, refusals: 0 })
    expect(counted.circuit.state).toBe('half-opened')
    expect(await counted.admits()).toBe(true)
  })
})
