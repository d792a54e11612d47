/** Processes of a fleet, each with a breaker of its own. */
import { join } from 'node:path'
import type { RedisOptions } from 'ioredis'
import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from 'redis'
import type { CircuitBreakerOptions, CircuitState } from '../../lib/index.js'
import type { RedisStorageOptions } from '../../lib/redis/index.js'
import { Running } from '../../scripts/run.mjs'
import { until } from './until.js'

export interface WorkerOptions {
  /** The origin of the upstream. */
  readonly origin: string
  readonly storage: RedisStorageOptions
  readonly options?: CircuitBreakerOptions
  readonly name?: string
  /** A client that the worker makes, connects and passes to the storage. `storage` has no URL then. */
  readonly client?: WorkerClient
  /** The folder of another build of the package, as a URL or path. */
  readonly build?: string | undefined
  /** Further arguments of Node. */
  readonly execArgv?: readonly string[]
}

/** `clocked` is a client of a Redis whose clock is off by the seconds in its key `clock`. */
export type WorkerClient =
  | { readonly kind: 'client' | 'clocked'; readonly options: RedisClientOptions }
  | { readonly kind: 'cluster'; readonly options: RedisClusterOptions }
  | { readonly kind: 'sentinel'; readonly options: RedisSentinelOptions }
  | { readonly kind: 'ioredis'; readonly options: RedisOptions }

export interface FleetEvent {
  readonly event: string
  /** Seconds of the machine's monotonic clock, the same for all processes. */
  readonly at: number
  readonly from?: CircuitState
  readonly to?: CircuitState
  readonly origin?: 'local' | 'shared'
  readonly reason?: string
  /** Set for a probe: how it ended, and how many seconds it took. */
  readonly outcome?: 'success' | 'failure' | 'ignored'
  readonly duration?: number
  /** Seconds for which the storage was lost. */
  readonly lostFor?: number
}

export interface Tally {
  readonly sent: number
  readonly ok: number
  readonly failed: number
  readonly refused: number
  readonly cancelled: number
  /** Requests that ended in any other way. No request may. */
  readonly other: number
  readonly errors: readonly string[]
  /** Seconds that the slowest request took. */
  readonly slowest: number
  /** Seconds that requests waited for a decision, for those that did not get one at once. */
  readonly waits: readonly number[]
}

/** Seconds that a process may take to start on a busy machine. */
const START = 60

interface Answer {
  readonly result?: unknown
  readonly error?: string
}

export class Worker {
  readonly #process: Running
  readonly #answers = new Map<number, (answer: Answer) => void>()
  #isReady = false
  #serial = 0

  private constructor(settings: string, execArgv: readonly string[]) {
    const args = [...execArgv, join(__dirname, 'worker-process.mjs'), settings]
    const onMessage = (message: Answer & { id: number }): void => this.#take(message)
    this.#process = new Running(process.execPath, args, { hasChannel: true, onMessage })
    void this.#process.end().then(() => this.#failAll())
  }

  static async start(workerOptions: WorkerOptions): Promise<Worker> {
    const { name = 'users', options = {}, execArgv = [], ...rest } = workerOptions
    const worker = new Worker(JSON.stringify({ name, options, ...rest }), execArgv)
    const isOver = () => worker.#isReady || !worker.#process.isRunning
    await until('the process is ready', isOver, START)
    if (!worker.#isReady) throw worker.#ended()
    return worker
  }

  /** Starts so many processes, and connects them. */
  static async startFleet(size: number, options: WorkerOptions): Promise<Worker[]> {
    const workers = await Promise.all(Array.from({ length: size }, () => Worker.start(options)))
    await Promise.all(workers.map((worker) => worker.call('init')))
    return workers
  }

  /**
   * Runs a command. Rejects with the message of the error that it threw there, and with all output if the
   * process has ended.
   */
  async call<Result = unknown>(command: string, ...args: unknown[]): Promise<Result> {
    this.#serial += 1
    const id = this.#serial
    if (!this.#process.isRunning) throw this.#ended()
    const answered = new Promise<Answer>((resolve) => {
      this.#answers.set(id, resolve)
    })
    this.#process.send({ id, command, args })
    const { result, error } = await answered
    if (error !== undefined) throw new Error(error)
    return result as Result
  }

  async state(): Promise<CircuitState> {
    return (await this.call<{ state: CircuitState }>('state')).state
  }

  events(): Promise<FleetEvent[]> {
    return this.call<FleetEvent[]>('events')
  }

  async eventsNamed(name: string): Promise<FleetEvent[]> {
    return (await this.events()).filter(({ event }) => event === name)
  }

  tally(): Promise<Tally> {
    return this.call<Tally>('tally')
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal)
  }

  async stop(): Promise<void> {
    await this.#process.kill()
  }

  /** The first message of a process has no command: the process is ready. */
  #take({ id, ...answer }: Answer & { id: number }): void {
    this.#isReady = true
    this.#answers.get(id)?.(answer)
    this.#answers.delete(id)
  }

  #failAll(): void {
    const { message } = this.#ended()
    for (const answer of this.#answers.values()) answer({ error: message })
    this.#answers.clear()
  }

  #ended(): Error {
    return new Error(`The process has ended:\n${this.#process.output}`)
  }
}
