/** A fleet on a scene of its own: a Redis, a service, and processes that call it. */
import { RedisServer, type RedisOptions } from '../../scripts/redis-server.mjs'
import type { CircuitBreakerOptions, CircuitState } from '../../lib/index.js'
import type { RedisStorageOptions } from '../../lib/redis/index.js'
import { Service } from './service.js'
import { until } from './until.js'
import { Worker, type Tally, type Told } from './worker.js'

/** Milliseconds that a spec may take on a machine that has much else to do. */
export const LONG = 120_000
const PATIENCE = 30

export function eventually(what: string, condition: () => boolean | Promise<boolean>) {
  return until(what, condition, PATIENCE)
}

/** Only what a spec is about may run out, and not the time of a machine that has much else to do. */
const PATIENT = { permitDeadline: 20, commandDeadline: 20, initDeadline: 60 }

export interface Cast {
  readonly size?: number
  readonly options?: CircuitBreakerOptions
  readonly storage?: RedisStorageOptions
  readonly origin?: string
  /** As a worker takes it. */
  readonly build?: string | undefined
}

/** Who has a permit, as Redis keeps it. In milliseconds of its clock. */
interface Holder {
  readonly token: string
  readonly until: number
  readonly lease: number
}

export class Scene {
  /** Those that are still there. */
  readonly workers: Worker[] = []
  readonly redis: RedisServer
  readonly service: Service
  /** Each process has one of its own, so that the service knows them apart. */
  readonly #paths = new Map<Worker, string>()

  private constructor(redis: RedisServer, service: Service) {
    this.redis = redis
    this.service = service
  }

  static async start(redis: RedisOptions = {}): Promise<Scene> {
    return new Scene(await RedisServer.start(redis), await Service.start())
  }

  /** Connected, and with nothing to tell yet. */
  async enter({ size = 1, options = {}, storage = {}, origin, build }: Cast = {}): Promise<
    Worker[]
  > {
    const workers = await Worker.startFleet(size, {
      origin: origin ?? this.service.origin,
      build,
      options,
      storage: { url: this.redis.url, ...PATIENT, ...storage },
    })
    for (const worker of workers) this.#paths.set(worker, `${this.#paths.size}`)
    this.workers.push(...workers)
    return workers
  }

  async kill(worker: Worker): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1)
    await worker.stop()
  }

  /** One process's failures open the circuit; all know of it, and the service holds what comes then. */
  async open(failures: number): Promise<void> {
    this.service.answer = () => 500
    await this.get(this.worker(0), failures)
    await this.warned()
    this.service.forget()
    this.service.answer = this.service.hold
  }

  /** The service is well, and the circuit closes by it; what was seen is forgotten. */
  async recover(): Promise<void> {
    this.service.answer = () => 200
    this.service.release(200)
    await this.load(1, 5)
    await this.agreed('closed')
    await this.reset()
  }

  /** What was seen is forgotten, but for what the processes know of the circuit. */
  async reset(): Promise<void> {
    await this.rest()
    await this.flush()
    await this.each((worker) => worker.call('reset'))
    this.service.answer = () => 200
    this.service.forget()
  }

  /** Another fleet may enter. */
  async clear(): Promise<void> {
    await this.each((worker) => worker.stop())
    this.workers.length = 0
    this.service.answer = () => 200
    this.service.forget()
    await this.redis.command('FLUSHALL')
  }

  async stop(): Promise<void> {
    await this.each((worker) => worker.stop())
    await this.service.stop()
    await this.redis.stop()
  }

  worker(index: number): Worker {
    const worker = this.workers[index]
    if (!worker) throw new Error(`There is no process ${index}`)
    return worker
  }

  /** The process that a request came from. */
  senderOf({ from }: { readonly from: string }): Worker {
    const worker = this.workers.find((other) => this.#paths.get(other) === from)
    if (!worker) throw new Error(`No process calls ${from}`)
    return worker
  }

  others(worker: Worker): Worker[] {
    return this.workers.filter((other) => other !== worker)
  }

  each<Result>(
    job: (worker: Worker) => Promise<Result>,
    workers = this.workers,
  ): Promise<Result[]> {
    return Promise.all(workers.map((worker) => job(worker)))
  }

  /** What became of each. */
  get(worker: Worker, count = 1, atOnce = 1): Promise<string[]> {
    return worker.call('get', count, atOnce, `/${this.#paths.get(worker)}`)
  }

  /** So many callers in each process, which come back this many milliseconds after an answer. */
  async load(callers: number, pause: number, workers = this.workers): Promise<void> {
    const load = (worker: Worker) =>
      worker.call('load', callers, { path: `/${this.#paths.get(worker)}`, pause })
    await this.each(load, workers)
  }

  async idle(workers = this.workers): Promise<void> {
    await this.each((worker) => worker.call('idle'), workers)
  }

  /** As `idle`, and waits until the last caller has its answer. */
  async rest(): Promise<void> {
    await this.each((worker) => worker.call('rest'))
  }

  async flush(workers = this.workers): Promise<void> {
    await this.each((worker) => worker.call('flush'), workers)
  }

  tallies(workers = this.workers): Promise<Tally[]> {
    return this.each((worker) => worker.tally(), workers)
  }

  async sum(
    what: Exclude<keyof Tally, 'errors' | 'waits'>,
    workers = this.workers,
  ): Promise<number> {
    const tallies = await this.tallies(workers)
    return tallies.reduce((sum, tally) => sum + tally[what], 0)
  }

  states(workers = this.workers): Promise<CircuitState[]> {
    return this.each((worker) => worker.state(), workers)
  }

  agreed(state: CircuitState, workers = this.workers): Promise<void> {
    const agree = async () => (await this.states(workers)).every((other) => other === state)
    return eventually(`all processes say ${state}`, agree)
  }

  /** Every process knows of the outage: until the ttl has passed it says opened, and then half-opened. */
  warned(workers = this.workers): Promise<void> {
    const know = async () => (await this.states(workers)).every((state) => state !== 'closed')
    return eventually('all processes know of the outage', know)
  }

  /** Each process has refused so many more requests. */
  async refusals(count: number, workers = this.workers): Promise<void> {
    const before = await this.tallies(workers)
    const enough = async () =>
      (await this.tallies(workers)).every(
        ({ refused }, index) => refused >= (before[index]?.refused ?? 0) + count,
      )
    await eventually(`each process has refused ${count} requests`, enough)
  }

  /** In each process, in their order. */
  async transitions(workers = this.workers): Promise<Told[][]> {
    return this.told('stateChanged', workers)
  }

  async told(name: string, workers = this.workers): Promise<Told[][]> {
    const all = await this.each((worker) => worker.events(), workers)
    return all.map((events) => events.filter(({ event }) => event === name))
  }

  /** A field of what Redis keeps of the circuit. */
  kept(field: string): Promise<string | null> {
    return this.redis.command('HGET', 'axios-breaker/users', field)
  }

  async holders(): Promise<Holder[]> {
    const permits = (await this.kept('permits')) ?? ''
    return Array.from(permits.matchAll(/([^,;]+),(\d+),(\d+);/g), ([, token = '', at, length]) => ({
      token,
      until: (Number(at) + Number(length)) / 1000,
      lease: Number(length) / 1000,
    }))
  }

  /** Commands of breakers that Redis has carried out. */
  async commands(): Promise<number> {
    const { eval: full = 0, evalsha = 0 } = await this.redis.commandCounts()
    return full + evalsha
  }
}
