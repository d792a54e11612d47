/** A fleet under load, a service that can be down, and the promises that hold whatever happens to Redis. */
import { Fleet, type FleetOptions } from '../support/fleet.js'
import { clock } from '../support/machine-clock.mjs'
import { Service } from '../support/service.js'
import { until } from '../support/until.js'
import type { FleetEvent, Worker } from '../support/worker.js'

/** Seconds. */
export const TTL = 0.3
export const KEY = 'axios-breaker/users'
/** The URL of each Redis contains it. No event may show it. */
export const PASSWORD = 'hunter2'

/**
 * Seconds that a request may wait for its permit. It exceeds the default, because a busy machine may need
 * the time even if nothing is wrong. Published figures use the default.
 */
export const DEADLINE = process.env.FIGURES === undefined ? 0.5 : 0.1

/** Timers may be a little early. */
const LONG_WAIT = DEADLINE - 0.002
/**
 * Seconds after its ttl from which a probe is late: fewer than a permit that nobody gives back
 * lasts, and more than a busy machine needs.
 */
const LATE = 5

export interface Harm {
  /** Requests that ended in a way that callers do not expect. */
  readonly other: number
  /** Requests that waited for a deadline. */
  readonly longWaits: number
  /** Seconds. */
  readonly longest: number
  /** The number of published losses and returns. */
  readonly lost: number
  readonly restored: number
}

export class LoadedFleet extends Fleet {
  static async start({ size = 3, ...fleetOptions }: FleetOptions): Promise<LoadedFleet> {
    const fleet = new LoadedFleet(await Service.start())
    await fleet.enter({ size, ...fleetOptions })
    return fleet
  }

  /** Adds processes, and puts them under load. */
  override async enter({ options, storage, ...fleetOptions }: FleetOptions): Promise<Worker[]> {
    const workers = await super.enter({
      ...fleetOptions,
      options: { threshold: 3, ttl: TTL, ...options },
      storage: { permitDeadline: DEADLINE, commandDeadline: 3 * DEADLINE, ...storage },
    })
    await this.load(2, 10, workers)
    return workers
  }

  /** Waits until a condition holds for each process. */
  async untilAll(
    what: string,
    condition: (worker: Worker) => Promise<boolean>,
    seconds = 20,
  ): Promise<void> {
    const holds = async () => (await this.each(condition)).every(Boolean)
    await until(`${what} in each process`, holds, seconds)
  }

  /** Makes the service fail, and waits until all processes know it. */
  async break(): Promise<void> {
    this.service.answer = () => 503
    await this.warned()
  }

  /** Mends the service, and waits until all circuits are closed. */
  async recover(): Promise<void> {
    this.service.answer = () => 200
    await this.agreed('closed')
  }

  /** Waits until each process has had so many more successes. */
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

  /** Waits until each process has published that its Redis is lost. */
  async lost(): Promise<void> {
    const isLost = async (worker: Worker) => (await worker.eventsNamed('storageLost')).length > 0
    await this.untilAll('Redis is lost', isLost)
  }

  /** @returns of each process, the reasons of its losses */
  async losses(): Promise<string[][]> {
    const events = await this.eventsNamed('storageLost')
    return events.map((ofProcess) => ofProcess.map(({ reason = '' }) => reason))
  }

  /** Waits until each process has published that its Redis is back. @returns when each did so */
  async restored(): Promise<number[]> {
    const isBack = async (worker: Worker) =>
      (await worker.eventsNamed('storageRestored')).length > 0
    await this.untilAll('Redis is restored', isBack)
    const events = await this.eventsNamed('storageRestored')
    return events.flat().map(({ at }) => at)
  }

  /**
   * Waits for probes of processes that are alone: each sends one at a time, one per ttl.
   *
   * @returns the times between two probes that were shorter than that or far longer, in seconds
   */
  async probesAlone(count: number): Promise<number[]> {
    const since = clock()
    await this.untilAll(
      `${count} probes are sent`,
      async (worker) => (await probesOf([worker], since)).length >= count,
      20 + count * TTL,
    )
    // The gap before `since` may be long, because another process probed then. No gap may be too short.
    const all = await this.each((worker) => probesOf([worker], 0))
    const own = await this.each((worker) => probesOf([worker], since))
    return [...all.flatMap(pausesOf).filter(isShort), ...own.flatMap(pausesOf).filter(isLong)]
  }

  /** Like `probesAlone`, but all processes together send one per ttl. @param since ignores earlier probes */
  async probesTogether(count: number, since = clock()): Promise<number[]> {
    const probes = async () =>
      (await probesOf(this.workers, 0)).filter((probe) => since < startOf(probe))
    const areThere = async () => (await probes()).length > count
    await until(`the fleet has sent ${count} more probes`, areThere)
    return pausesOf(await probes()).filter((pause) => isShort(pause) || isLong(pause))
  }

  /** The harm that an outage of Redis did to the worst-hit process. */
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

/** The times from the end of each probe to the start of the next. */
function pausesOf(probes: readonly FleetEvent[]): number[] {
  return probes.slice(1).map((probe, index) => startOf(probe) - (probes[index]?.at ?? 0))
}

const isShort = (pause: number): boolean => pause < 0.6 * TTL
const isLong = (pause: number): boolean => pause > TTL + LATE
