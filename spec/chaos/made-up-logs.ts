/** Made-up logs of a healthy run, into which a spec writes violations. */
import { journalOf } from './journal.mjs'
import { judge } from './judge.mjs'
import type { DriverRecord, Mode, Verdict, Violation, WorkerRecord } from './types.js'

export interface Entry {
  readonly t: number
  readonly k: string
  readonly [key: string]: unknown
}

export interface Request {
  readonly at: number
  /** Seconds until it is sent, or refused. */
  readonly wait?: number
  /** Seconds from then until it ends. */
  readonly takes?: number
  readonly ends?: 'ok' | 'failed' | 'other' | 'never'
  readonly refused?: 'opened' | 'half-opened'
  readonly isProbe?: boolean
  readonly up?: boolean
}

const START = 100
const END = 140
export const LOOK = 137
const PERIOD = 0.1
const RULES = { threshold: 5, ttl: 2, lease: 2, timeout: 0.8, exit: { closed: 2, left: 3 } }

export class MadeUpLogs {
  readonly #driver: Entry[]
  readonly #workers = new Map<string, Entry[]>()
  #serial = 0

  constructor(names: readonly string[], quorum = 1) {
    this.#driver = [{ t: START, k: 'start', quorum, ...RULES }]
    for (const name of names) {
      this.#workers.set(name, [])
      this.driver({ t: START - 1, k: 'spawn', name, isThick: true })
      this.worker(name, { t: END + 0.5, k: 'ended' })
      this.driver({ t: END, k: 'asked to end', name, closes: true })
      this.driver({ t: END + 1, k: 'exit', name, code: 0, signal: null })
      for (const t of times(0.25)) this.worker(name, { t, k: 'state', u: true, s: 'closed' })
    }
    this.driver({ t: END, k: 'over' })
    this.driver({ t: LOOK, k: 'check', names })
    for (const t of times(0.05)) this.driver({ t, k: 'hash', state: 'closed' })
  }

  driver(entry: Entry): this {
    this.#driver.push(entry)
    return this
  }

  worker(name: string, entry: Entry): this {
    this.#workers.get(name)?.push(entry)
    return this
  }

  /** Removes records that were written before. */
  without(name: string, isMeant: (entry: Entry) => boolean): this {
    const list = name === 'driver' ? this.#driver : (this.#workers.get(name) ?? [])
    list.splice(0, list.length, ...list.filter((entry) => !isMeant(entry)))
    return this
  }

  /** One each tenth of a second. */
  traffic(name: string, from: number, to: number, request: Omit<Request, 'at'> = {}): this {
    for (let at = from; at < to; at += PERIOD) this.request(name, { at, ...request })
    return this
  }

  request(name: string, request: Request): this {
    const {
      at,
      wait = 0,
      takes = 0.005,
      ends = 'ok',
      refused,
      isProbe = false,
      up = true,
    } = request
    this.#serial += 1
    const id = this.#serial
    const tell = (t: number, k: string, rest: object): unknown =>
      this.worker(name, { t, k, id, ...rest })
    tell(at, 'start', { u: up })
    if (refused) {
      tell(at + wait, 'end', { o: 'refused', s: refused })
      return this
    }
    tell(at + wait, 'sent', { u: up, s: isProbe ? 'half-opened' : 'closed' })
    if (ends === 'never') return this
    const end = at + wait + takes
    tell(end, 'attempt', { probe: isProbe, o: ends === 'ok' ? 'success' : 'failure' })
    tell(end, 'end', { o: ends })
    return this
  }

  fault(kind: string, target: string, from: number, to: number): this {
    const id = `${kind} ${target}`
    return this.driver({ t: from, k: 'fault', id, kind, target }).driver({ t: to, k: 'healed', id })
  }

  outage(from: number, to: number, mode: Mode = 'error'): this {
    const health = { k: 'health', target: 'all' }
    return this.driver({ t: from, ...health, mode }).driver({
      t: to,
      ...health,
      mode: 'ok',
    })
  }

  /** What the hash says for a while. */
  hash(state: string, from: number, to: number): this {
    const isMeant = ({ k, t }: Entry): boolean => k === 'hash' && t >= from && t < to
    this.without('driver', isMeant)
    for (const t of times(0.05)) if (t >= from && t < to) this.driver({ t, k: 'hash', state })
    return this
  }

  get verdicts(): Verdict[] {
    const byTime = (list: readonly Entry[]): Entry[] => list.toSorted((a, b) => a.t - b.t)
    const driver = byTime(this.#driver) as DriverRecord[]
    const workers = Array.from(this.#workers, ([name, list]): [string, WorkerRecord[]] => [
      name,
      byTime(list) as WorkerRecord[],
    ])
    const journal = journalOf(driver, Object.fromEntries(workers))
    return judge(journal)
  }

  get violations(): Violation[] {
    return this.verdicts.flatMap(({ violations }) => violations)
  }

  /** The rules that were broken, each once. */
  get broken(): string[] {
    return [...new Set(this.violations.map(({ rule }) => rule))].toSorted()
  }
}

function times(period: number): number[] {
  const count = Math.round((END - START) / period)
  return Array.from({ length: count }, (_, index) => START + index * period)
}
