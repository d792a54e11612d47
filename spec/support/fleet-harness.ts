/** A fleet with a Redis of its own. Nothing goes wrong in it unless a spec makes it go wrong. */
import { RedisServer, type RedisOptions } from '../../scripts/redis-server.mjs'
import { Fleet, type FleetOptions } from './fleet.js'
import { Service } from './service.js'
import type { Worker } from './worker.js'

export { LONG, eventually } from './fleet.js'

/** Deadlines so long that a busy machine does not miss them. */
const PATIENT = { permitDeadline: 20, commandDeadline: 20, initDeadline: 60 }

/** The holder of a permit, as stored in Redis. Times are milliseconds of Redis's clock. */
interface Holder {
  readonly token: string
  readonly until: number
  readonly lease: number
}

export class FleetHarness extends Fleet {
  readonly redis: RedisServer

  private constructor(redis: RedisServer, service: Service) {
    super(service)
    this.redis = redis
  }

  static async start(redis: RedisOptions = {}): Promise<FleetHarness> {
    return new FleetHarness(await RedisServer.start(redis), await Service.start())
  }

  override enter(fleetOptions: FleetOptions = {}): Promise<Worker[]> {
    const storage = { url: this.redis.url, ...PATIENT, ...fleetOptions.storage }
    return super.enter({ ...fleetOptions, storage })
  }

  /**
   * Opens the circuit by failures of one process. Then all know of it, and the service holds further
   * requests.
   */
  async open(failures: number): Promise<void> {
    this.service.answer = () => 500
    await this.get(this.worker(0), failures)
    await this.warned()
    this.service.forget()
    this.service.answer = this.service.hold
  }

  /** Mends the service, waits until the circuit has closed, and resets the counts. */
  async recover(): Promise<void> {
    this.service.answer = () => 200
    this.service.release(200)
    await this.load(1, 5)
    await this.agreed('closed')
    await this.reset()
  }

  /** Resets all counts and events. The processes keep what they know of the circuit. */
  async reset(): Promise<void> {
    await this.rest()
    await this.flush()
    await this.forget()
    this.service.answer = () => 200
    this.service.forget()
  }

  /** Ends all processes and empties Redis, so that another fleet can enter. */
  async clear(): Promise<void> {
    await this.each((worker) => worker.stop())
    this.workers.length = 0
    this.service.answer = () => 200
    this.service.forget()
    await this.redis.command('FLUSHALL')
  }

  override async stop(): Promise<void> {
    await super.stop()
    await this.redis.stop()
  }

  /** Reads a field of the circuit's hash. */
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

  /** Counts the commands of breakers that Redis has carried out. */
  async commands(): Promise<number> {
    const { eval: full = 0, evalsha = 0 } = await this.redis.commandCounts()
    return full + evalsha
  }
}
