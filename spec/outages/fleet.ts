/** A fleet under load that calls a service which can be down, and what is promised whatever becomes of its Redis. */
import { Fleet, type FleetOptions } from '../support/fleet.js'
import { Service } from '../support/service.js'
import { until } from '../support/until.js'
import type { FleetEvent, Worker } from '../support/worker.js'

/** Seconds. */
export const TTL = 0.3
export const KEY = 'axios-breaker/users'
/** In the URL of each Redis: nothing that is told may show it. */
export const PASSWORD = 'hunter2'

/**
 * Seconds that a request may wait for its permit. More than the default, because so long a busy machine
 * may take even where nothing is wrong; figures are made with the default.
 */
export const DEADLINE = process.env.FIGURES === undefined ? 0.5 : 0.1

/** Timers may be a little early. */
const LONG_WAIT = DEADLINE - 0.002
/**
 * Seconds after its ttl at which a process is late with its probe: fewer than a permit that nobody gives
 * back lasts, and more than a busy machine takes.
 */
const LATE = 5

export interface Harm {
  /** Requests that ended in a way of which their caller knows nothing. */
  readonly other: number
  /** Requests that have waited for a deadline. */
  readonly longWaits: number
  /** Seconds. */
  readonly longest: number
  /** Times that the user was told. */
  readonly lost: number
  readonly restored: number
}

export class LoadedFleet extends Fleet {
  static async start({ size = 3, ...fleetOptions }: FleetOptions): Promise<LoadedFleet> {
    const fleet = new LoadedFleet(await Service.start())
    await fleet.enter({ size, ...fleetOptions })
    return fleet
  }

  /** Under load from then on. */
  override async enter({ options, storage, ...fleetOptions }: FleetOptions): Promise<Worker[]> {
    const workers = await super.enter({
      ...fleetOptions,
      options: { threshold: 3, ttl: TTL, ...options },
      storage: { permitDeadline: DEADLINE, commandDeadline: 3 * DEADLINE, ...storage },
    })
    await this.load(2, 10, workers)
    return workers
  }

  /** Waits for a condition that holds for each process. */
  async untilAll(
    what: string,
    condition: (worker: Worker) => Promise<boolean>,
    seconds = 20,
  ): Promise<void> {
    const holds = async () => (await this.each(condition)).every(Boolean)
    await until(`${what} in each process`, holds, seconds)
  }

  /** The service breaks. */
  async break(): Promise<void> {
    this.service.answer = () => 503
    await this.warned()
  }

  /** The service is back. */
  async recover(): Promise<void> {
    this.service.answer = () => 200
    await this.agreed('closed')
  }

  /** Each process sends so many more requests that come to a good end. */
  async serve(count: number): Promise<void> {
    const before = await this.tallies()
    const goals = new Map(this.workers.map((worker, i) => [worker, (before[i]?.ok ?? 0) + count]))
    const isDone = async (worker: Worker) => (await worker.tally()).ok >= (goals.get(worker) ?? 0)
    await this.untilAll(`${count} requests are answered`, isDone)
  }

  /** Waits until each process has its Redis. */
  joined(): Promise<void> {
    return this.untilAll('Redis is there', async (worker) => {
      return (await worker.call<{ isUp: boolean }>('state')).isUp
    })
  }

  /** Waits until each process has told that its Redis is lost. @returns the reasons */
  async lost(): Promise<string[]> {
    const isLost = async (worker: Worker) => (await worker.eventsNamed('storageLost')).length > 0
    await this.untilAll('Redis is lost', isLost)
    const events = await this.eventsNamed('storageLost')
    return events.flat().map(({ reason = '' }) => reason)
  }

  /** Waits until each process has told that it has its Redis again. @returns when each has done so */
  async restored(): Promise<number[]> {
    const isBack = async (worker: Worker) =>
      (await worker.eventsNamed('storageRestored')).length > 0
    await this.untilAll('Redis is restored', isBack)
    const events = await this.eventsNamed('storageRestored')
    return events.flat().map(({ at }) => at)
  }

  /**
   * Alone, each process sends one probe at a time, one for each ttl.
   *
   * @returns seconds between two probes that were less, or far more
   */
  async probesAlone(count: number): Promise<number[]> {
    const since = clock()
    await this.untilAll(
      `${count} probes are sent`,
      async (worker) => (await probesOf([worker], since)).length >= count,
      20 + count * TTL,
    )
    // Before, another process may have probed in its place for long; too soon it may never be.
    const all = await this.each((worker) => probesOf([worker], 0))
    const own = await this.each((worker) => probesOf([worker], since))
    return [...all.flatMap(pausesOf).filter(isShort), ...own.flatMap(pausesOf).filter(isLong)]
  }

  /** The same of all processes together. @param since of probes sent since then */
  async probesTogether(count: number, since = clock()): Promise<number[]> {
    const probes = async () =>
      (await probesOf(this.workers, 0)).filter((probe) => since < startOf(probe))
    const areThere = async () => (await probes()).length > count
    await until(`the fleet has sent ${count} more probes`, areThere)
    return pausesOf(await probes()).filter((pause) => isShort(pause) || isLong(pause))
  }

  /** What an outage of Redis has done, to the process that it did the most to. */
  async harm(): Promise<Harm> {
    const all = await this.each(async (worker) => {
      const { other, waits } = await worker.tally()
      const longWaits = waits.filter((seconds) => seconds > LONG_WAIT).length
      const lost = (await worker.eventsNamed('storageLost')).length
      const restored = (await worker.eventsNamed('storageRestored')).length
      return { other, longWaits, longest: Math.max(0, ...waits), lost, restored }
    })
    const most = (name: keyof Harm): number => Math.max(...all.map((harm) => harm[name]))
    return {
      other: most('other'),
      longWaits: most('longWaits'),
      longest: most('longest'),
      lost: most('lost'),
      restored: most('restored'),
    }
  }
}

/** Seconds of the machine's monotonic clock, the same for all processes. */
export function clock(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1e6
}

async function probesOf(workers: readonly Worker[], since: number): Promise<FleetEvent[]> {
  const all = await Promise.all(workers.map((worker) => worker.eventsNamed('probe')))
  return all
    .flat()
    .filter(({ at }) => at >= since)
    .toSorted((one, other) => one.at - other.at)
}

function startOf({ at, duration = 0 }: FleetEvent): number {
  return at - duration
}

/** From the end of each to the start of the next. */
function pausesOf(probes: readonly FleetEvent[]): number[] {
  return probes.slice(1).map((probe, index) => startOf(probe) - (probes[index]?.at ?? 0))
}

const isShort = (pause: number): boolean => pause < 0.6 * TTL
const isLong = (pause: number): boolean => pause > TTL + LATE
