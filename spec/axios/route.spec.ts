/** A route that leads each request to a circuit by its final config, which the adapter gets. */
import axios, { type AxiosInstance } from 'axios'
import { Registration } from '../../lib/axios/intercept.js'
import type { Route } from '../../lib/axios/route.js'
import { LocalCircuit } from '../../lib/circuit/local-circuit.js'
import { ManagedCircuit } from '../../lib/circuit/managed-circuit.js'
import { OpenedStateError } from '../../lib/index.js'
import { NOBODY } from '../support/owner.js'

const RULES = { threshold: 1, ttl: 60, permits: 1, probeTimeout: 60 }
const publisher = { publish: () => undefined, hasListeners: () => false }

function circuitCalled(name: string): ManagedCircuit {
  const machine = new LocalCircuit(RULES, () => 0)
  return new ManagedCircuit(name, machine, publisher, NOBODY)
}

let instance: AxiosInstance
let sent: string[]
const circuits = ['a', 'b'].map(circuitCalled)
const circuitNamed = (name: string) => circuits.find((circuit) => circuit.name === name)
const route: Route = {
  circuitOf: ({ baseURL }) => circuitNamed(new URL(String(baseURL)).hostname),
  circuitBehind: ({ circuit }) => circuitNamed(circuit),
}

beforeAll(async () => {
  sent = []
  instance = axios.create({
    adapter: async (config) => {
      sent.push(String(config.baseURL))
      throw new Error('down')
    },
  })
  // This sets the final URL of a request, after the guard's interceptor has run for the first time.
  instance.interceptors.request.use((config) => ({ ...config, baseURL: `http://${config.url}` }))
  void new Registration(instance, route, { fallback: ({ circuit }) => `answers for ${circuit}` })
})

test('each request is guarded by the circuit of its final URL, and answered by the fallback', async () => {
  const outcome = (url: string) => instance.get(url).then(({ data }) => data, String)
  expect(await outcome('a')).toBe('Error: down')
  expect(await outcome('a')).toBe('answers for a')
  expect(await outcome('b')).toBe('Error: down')
  expect(await outcome('b')).toBe('answers for b')
  expect(sent).toEqual(['http://a', 'http://b'])
  expect(circuits.map(({ state }) => state)).toEqual(['opened', 'opened'])
})

test('a request that leads to no circuit is sent', async () => {
  await expect(instance.get('c')).rejects.toThrow('down')
  await expect(instance.get('c')).rejects.toThrow('down')
  expect(sent.slice(-2)).toEqual(['http://c', 'http://c'])
})

test('the refusal of a circuit that the route does not lead to is not answered', async () => {
  const foreign = new OpenedStateError('elsewhere', { state: 'opened', retryAfter: 1 })
  await expect(instance.get('c', { adapter: () => Promise.reject(foreign) })).rejects.toBe(foreign)
})
