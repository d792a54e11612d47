/** The processes of a fleet, the service that they call, and the events that they published. */
import type { CircuitState } from '../../lib/index.js'
import type { Service } from './service.js'
import { until } from './until.js'
import { Worker, type Tally, type FleetEvent, type WorkerOptions } from './worker.js'

/** Milliseconds allowed for a spec on a busy machine. */
export const LONG = 120_000
const PATIENCE = 60

export function eventually(what: string, condition: () => boolean | Promise<boolean>) {
  return until(what, condition, PATIENCE)
}

/** The processes to add. They call the fleet's service unless they have another origin. */
export interface FleetOptions extends Partial<WorkerOptions> {
  readonly size?: number
}

export class Fleet {
  /** The processes that still run. */
  readonly workers: Worker[] = []
  readonly service: Service
  /** Each process calls a path of its own, so that the service can tell them apart. */
  readonly #paths = new Map<Worker, string>()

  protected constructor(service: Service) {
    this.service = service
  }

  /** Starts processes, and waits until they are connected. */
  async enter({ size = 1, storage = {}, ...rest }: FleetOptions = {}): Promise<Worker[]> {
    const options = { origin: this.service.origin, storage, ...rest }
    const workers = await Worker.startFleet(size, options)
    for (const worker of workers) this.#paths.set(worker, `${this.#paths.size}`)
    this.workers.push(...workers)
    return workers
  }

  /** Kills a process. */
  async kill(worker: Worker): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1)
    await worker.stop()
  }

  /** Drops all counts and events. The processes keep what they know of the circuit. */
  async forget(): Promise<void> {
    await this.each((worker) => worker.call('reset'))
  }

  async stop(): Promise<void> {
    await this.each((worker) => worker.stop())
    await this.service.stop()
  }

  worker(index: number): Worker {
    const worker = this.workers[index]
    if (!worker) throw new Error(`There is no process ${index}`)
    return worker
  }

  /** Finds the process that sent a request. */
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

  /** Sends requests. @returns the result of each */
  get(worker: Worker, count = 1, atOnce = 1): Promise<string[]> {
    return worker.call('get', count, atOnce, `/${this.#paths.get(worker)}`)
  }

  /** Starts so many callers in each process. Each sends again this many milliseconds after an answer. */
  async load(callers: number, pause: number, workers = this.workers): Promise<void> {
    const load = (worker: Worker) =>
      worker.call('load', callers, { path: `/${this.#paths.get(worker)}`, pause })
    await this.each(load, workers)
  }

  async idle(workers = this.workers): Promise<void> {
    await this.each((worker) => worker.call('idle'), workers)
  }

  /** Like `idle`, and waits until the last caller has its answer. */
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

  /**
   * Waits until every process knows of the outage: it says opened until the ttl is over, then half-opened.
   */
  warned(workers = this.workers): Promise<void> {
    const know = async () => (await this.states(workers)).every((state) => state !== 'closed')
    return eventually('all processes know of the outage', know)
  }

  /** Waits until each process has refused so many more requests. */
  async refusals(count: number, workers = this.workers): Promise<void> {
    const before = await this.tallies(workers)
    const enough = async () =>
      (await this.tallies(workers)).every(
        ({ refused }, index) => refused >= (before[index]?.refused ?? 0) + count,
      )
    await eventually(`each process has refused ${count} requests`, enough)
  }

  /** The transitions in each process, in their order. */
  async transitions(workers = this.workers): Promise<FleetEvent[][]> {
    return this.eventsNamed('stateChanged', workers)
  }

  async eventsNamed(name: string, workers = this.workers): Promise<FleetEvent[][]> {
    return this.each((worker) => worker.eventsNamed(name), workers)
  }
}
