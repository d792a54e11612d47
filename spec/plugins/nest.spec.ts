/** Nest's HttpService: a subscription is a request, and unsubscribing is a cancellation. */
import { HttpService } from '@nestjs/axios'
import { isAxiosError } from 'axios'
import { firstValueFrom, merge, retry, timeout, toArray, type Observable } from 'rxjs'
import { OpenedStateError } from '../../lib/index.js'
import { PluginHarness, errorOf, ORDERS, type Scenario } from '../support/plugin-harness.js'
import { until } from '../support/until.js'
import { Upstream } from '../support/upstream.js'

let upstream: Upstream
beforeAll(async () => {
  upstream = await Upstream.start()
})
afterAll(() => upstream.stop())

const ending = (observable: Observable<unknown>): Promise<unknown> =>
  errorOf(firstValueFrom(observable))

describe.each(ORDERS)("a circuit %s Nest's HttpService", (order) => {
  const serving = (scenario: Scenario = {}) =>
    new PluginHarness(upstream, order, (instance) => new HttpService(instance), scenario)

  it('guards the axiosRef of the service', () => {
    const harness = serving()
    expect(harness.plugged.axiosRef).toBe(harness.instance)
  })

  it('counts each subscription once', async () => {
    const harness = serving()
    const request = harness.plugged.get('/status/503')
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 0 })
    await ending(request)
    await ending(request)
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 2, refusals: 0 })
  })

  it('counts a success, and a 404 as one', async () => {
    const harness = serving()
    await ending(harness.plugged.get('/status/503'))
    await firstValueFrom(harness.plugged.post('/status/200', { name: 'naruto' }))
    expect(harness.circuit.failureCount).toBe(0)
    await ending(harness.plugged.get('/status/503'))
    await ending(harness.plugged.delete('/status/404'))
    expect(harness.circuit.failureCount).toBe(0)
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 2, refusals: 0 })
  })

  it('counts each attempt of the retry operator', async () => {
    const harness = serving()
    await ending(harness.plugged.get('/status/503').pipe(retry(3)))
    expect(harness.counts).toEqual({ hits: 4, attempts: 4, failures: 4, refusals: 0 })
  })

  it('passes a refusal to the subscriber, and sends nothing', async () => {
    const harness = serving()
    await harness.open()
    const error = await ending(harness.plugged.get('/'))
    expect(error).toBeInstanceOf(OpenedStateError)
    expect(isAxiosError(error)).toBe(true)
    expect(harness.counts).toEqual({ hits: 0, attempts: 0, failures: 0, refusals: 1 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('ignores a request that is unsubscribed in flight', async () => {
    const harness = serving()
    await ending(harness.plugged.get('/status/503'))
    const subscription = harness.plugged.get('/hang').subscribe()
    await until('it is in flight', () => harness.counts.hits === 2)
    subscription.unsubscribe()
    await until('it is recorded', () => harness.counts.attempts === 2)
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 1, refusals: 0 })
    expect(harness.circuit.failureCount).toBe(1)
  })

  it('gives the permit back when the probe is unsubscribed in flight', async () => {
    const harness = serving()
    await harness.halfOpen()
    const subscription = harness.plugged.get('/hang').subscribe()
    await until('it is in flight', () => harness.counts.hits === 1)
    expect(await ending(harness.plugged.get('/'))).toBeInstanceOf(OpenedStateError)
    subscription.unsubscribe()
    await until('it is recorded', () => harness.counts.attempts === 1)
    expect(harness.circuit.state).toBe('half-opened')
    await firstValueFrom(harness.plugged.get('/'))
    expect(harness.counts).toEqual({ hits: 2, attempts: 2, failures: 0, refusals: 1 })
    expect(harness.circuit.state).toBe('closed')
  })

  it('gives the permit back when the probe is unsubscribed in the turn in which it was sent', async () => {
    const harness = serving()
    await harness.halfOpen()
    harness.plugged.get('/').subscribe().unsubscribe()
    await until('it is recorded', () => harness.counts.attempts === 1)
    expect(harness.circuit.state).toBe('half-opened')
    await firstValueFrom(harness.plugged.get('/'))
    expect(harness.counts).toMatchObject({ attempts: 2, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('closed')
  })

  // The operator unsubscribes, so its time limit looks like a cancellation.
  it('ignores a request that the timeout operator ends', async () => {
    const harness = serving()
    await harness.halfOpen()
    await ending(harness.plugged.get('/hang').pipe(timeout(100)))
    await until('it is recorded', () => harness.counts.attempts === 1)
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })

  it('lets one of three concurrent subscriptions through as the probe', async () => {
    const harness = serving()
    await harness.halfOpen()
    const requests = [1, 2, 3].map(() => harness.plugged.get('/status/503'))
    const errors = await Promise.all(requests.map(ending))
    expect(errors.filter((error) => error instanceof OpenedStateError)).toHaveLength(2)
    expect(harness.counts).toEqual({ hits: 1, attempts: 1, failures: 1, refusals: 2 })
    expect(await harness.admitsProbe()).toBe(true)
  })

  it('passes the permit on from each subscription to the next', async () => {
    const harness = serving({ outcome: 'ignored' })
    await harness.halfOpen()
    await ending(harness.plugged.get('/status/503').pipe(retry(3)))
    await firstValueFrom(merge(harness.plugged.get('/')).pipe(toArray()))
    expect(harness.counts).toEqual({ hits: 5, attempts: 5, failures: 0, refusals: 0 })
    expect(harness.circuit.state).toBe('half-opened')
    expect(await harness.admits()).toBe(true)
  })
})
