/** If the first attachment of a circuit fails, the fleet forgets the circuit. */
import axios, { type AxiosInstance } from 'axios'
import { CircuitBreaker } from '../../../lib/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { PATIENT } from '../../storage/subjects.js'
import { Recording } from './recording.js'

/** An instance that refuses interceptors. */
function stubborn(): AxiosInstance {
  const instance = axios.create()
  instance.interceptors.request.use = () => {
    throw new Error('No interceptors')
  }
  return instance
}

it('reads only circuits that are attached', async () => {
  const storage = new Recording(new MemoryStorage(), PATIENT, () => 0)
  const breaker = new CircuitBreaker({ storage })
  expect(() => breaker.attach(stubborn(), 'orders')).toThrow('No interceptors')
  breaker.attach(axios.create(), 'users')
  await breaker.init()
  expect(storage.entries.map(({ question }) => question.circuit)).toEqual(['users'])
  expect(breaker.circuit('orders')).toBeUndefined()
  await breaker.close()
})
