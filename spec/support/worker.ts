/** Processes of a fleet, each with a breaker of its own. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { CircuitBreakerOptions, CircuitState } from '../../lib/index.js'
import type { RedisStorageOptions } from '../../lib/redis/index.js'

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

export interface WorkerClient {
  /** `clocked` is a client of a Redis whose clock is off by the seconds in its key `clock`. */
  readonly kind: 'client' | 'cluster' | 'sentinel' | 'clocked'
  /** The options of `createClient`, `createCluster` or `createSentinel`. */
  readonly options: object
}

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

export class Worker {
  readonly #child: ChildProcess
  readonly #answers = new Map<number, (answer: { result?: unknown; error?: string }) => void>()
  #serial = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: { id: number; result?: unknown; error?: string }) => {
      this.#answers.get(message.id)?.(message)
      this.#answers.delete(message.id)
    })
  }

  static async start(workerOptions: WorkerOptions): Promise<Worker> {
    const { name = 'users', options = {}, execArgv = [], ...rest } = workerOptions
    const settings = JSON.stringify({ name, options, ...rest })
    const child = fork(join(__dirname, 'worker-process.mjs'), [settings], {
      execArgv: [...execArgv],
    })
    const exit = once(child, 'exit').then(([code]) => {
      throw new Error(`The process ended before it was ready, with ${code}`)
    })
    await Promise.race([once(child, 'message'), exit])
    exit.catch(() => undefined)
    return new Worker(child)
  }

  /** Starts so many processes, and connects them. */
  static async startFleet(size: number, options: WorkerOptions): Promise<Worker[]> {
    const workers = await Promise.all(Array.from({ length: size }, () => Worker.start(options)))
    await Promise.all(workers.map((worker) => worker.call('init')))
    return workers
  }

  /** Runs a command. Rejects with the message of the error that it threw there. */
  async call<Result = unknown>(command: string, ...args: unknown[]): Promise<Result> {
    this.#serial += 1
    const id = this.#serial
    const answered = new Promise<{ result?: unknown; error?: string }>((resolve) => {
      this.#answers.set(id, resolve)
    })
    this.#child.send({ id, command, args })
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
    this.#child.kill(signal)
  }

  async stop(): Promise<void> {
    if ((this.#child.exitCode ?? this.#child.signalCode) !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
