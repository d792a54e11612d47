/** `circuit.ready()` of a shared circuit: no request may be tried before `init()`. */
import { setImmediate as turn } from 'node:timers/promises'
import axios from 'axios'
import {
  CircuitBreaker,
  NotInitializedError,
  type Circuit,
  type CircuitOptions,
} from '../../../lib/index.js'
import { MemoryStorage } from '../../../lib/testing/index.js'
import { errorOf } from '../../support/plugin-harness.js'
import { until } from '../../support/until.js'

class Scene {
  readonly storage = new MemoryStorage()
  readonly breaker = new CircuitBreaker({ storage: this.storage })
  readonly users = axios.create({
    adapter: async (config) => ({ data: '', status: 200, statusText: '', headers: {}, config }),
  })
  readonly circuit: Circuit
  /** How many of those who wait were let go. */
  gone = 0

  constructor(options: CircuitOptions = {}) {
    this.circuit = this.breaker.attach(this.users, 'users', options)
  }

  wait(count: number): void {
    for (let left = count; left > 0; left -= 1) void this.circuit.ready().then(() => this.gone++)
  }
}

let scene: Scene
afterEach(() => scene.breaker.close())

/** A storage keeps all requests back until then, also from a circuit that is forced. */
async function keepsBack(): Promise<void> {
  scene.wait(2)
  await turn()
  expect(scene.gone).toBe(0)
  expect(await errorOf(scene.users.get('/'))).toBeInstanceOf(NotInitializedError)
  expect(scene.gone).toBe(0)
}

it.each<[string, CircuitOptions]>([
  ['', {}],
  [', although each request of a dry run is sent', { dryRun: true }],
])('waits until init() is called%s', async (_what, options) => {
  scene = new Scene(options)
  await keepsBack()
  await scene.breaker.init()
  await until('all are let go', () => scene.gone === 2)
  expect(await scene.users.get('/')).toMatchObject({ status: 200 })
  await scene.circuit.ready()
})

it('resolves even if init() rejects: the circuit goes on by the results of this process', async () => {
  scene = new Scene()
  scene.storage.goDown()
  await keepsBack()
  await errorOf(scene.breaker.init())
  await until('all are let go', () => scene.gone === 2)
  expect(await scene.users.get('/')).toMatchObject({ status: 200 })
})

it('waits no longer after close(), nor for a circuit that is attached later', async () => {
  scene = new Scene()
  await scene.breaker.init()
  await scene.breaker.attach(axios.create(), 'orders').ready()
  await scene.breaker.close()
  await scene.circuit.ready()
  await scene.breaker.attach(axios.create(), 'payments').ready()
  expect(await scene.users.get('/')).toMatchObject({ status: 200 })
})

it('resolves once the circuit is detached, since it refuses nobody', async () => {
  scene = new Scene()
  await keepsBack()
  scene.circuit.detach()
  await until('all are let go', () => scene.gone === 2)
  expect(await scene.users.get('/')).toMatchObject({ status: 200 })
  await scene.circuit.ready()
})

it('ends with the reason of its signal', async () => {
  scene = new Scene()
  await expect(scene.circuit.ready({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
    name: 'TimeoutError',
  })
})
