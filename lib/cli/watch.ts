/** `axios-breaker watch` */
import { monotonic } from '../internal/clock.js'
import { messageOf } from '../internal/errors.js'
import type { ConnectionListener, Snapshot } from '../storage/contract.js'
import type { ListedForce } from '../storage/forces.js'
import type { Target } from './arguments.js'
import { Hints } from './hints.js'
import { missingText, page } from './list.js'
import { Outage } from './outage.js'
import { printError } from './output.js'
import { Pause } from './pause.js'
import { jsonReports, textReports, type Reports } from './reports.js'
import { isPlain, type Row } from './rows.js'
import { Search } from './search.js'
import { Session } from './session.js'
import { forcesIn, rowOf, rowsOf, type Names } from './survey.js'

/** Seconds between two readings of all that is known, in case a message was lost. */
const REFRESH = 5
/** Seconds between two attempts while Redis cannot be used. */
const RETRY = 1
/** Seconds between two readings, however many messages come. */
const LEAST = 0.1

/** Never resolves: Ctrl-C ends the process. Rejects if Redis cannot be used at the start. */
export async function watch(target: Target, json: boolean): Promise<void> {
  // oxlint-disable-next-line unicorn/no-process-exit -- nothing is pending that would have to be completed
  process.once('SIGINT', () => process.exit(0))
  const watching = new Watching(json ? jsonReports : textReports)
  const session = await Session.open(target, watching.listener)
  try {
    await watching.begin(session, target)
    for (;;) await watching.goOn(session)
  } finally {
    // The client of a cluster would keep the process alive.
    await session.close()
  }
}

class Watching {
  readonly listener: Partial<ConnectionListener> = {
    pushed: (circuit, snapshot) => this.#pushed(circuit, snapshot),
    hinted: (circuit) => this.#hint(circuit),
    resumed: () => this.#wake(0),
    forcesChanged: () => this.#wake(),
    lost: (reason, isDown) => this.#lost(reason, isDown === true),
  }
  readonly #reports: Reports
  readonly #outage: Outage
  readonly #pause = new Pause(LEAST)
  /** Circuits that are not plain, as they were reported last. */
  readonly #rows = new Map<string, Row>()
  readonly #hints = new Hints()
  /** Circuits that are in Redis, and are to be read next. */
  readonly #unread = new Set<string>()
  /** Circuits that a message has shown since the reading began. What was read of them may be older. */
  readonly #overtaken = new Set<string>()
  #search: Search | undefined
  #refreshAt = 0
  /** Whether the first table is printed. Before, the command fails like any other if Redis cannot be used. */
  #isBegun = false
  #isMissingSaid = false

  constructor(reports: Reports) {
    this.#reports = reports
    this.#outage = new Outage(reports)
  }

  async begin(session: Session, target: Target): Promise<void> {
    this.#search = new Search(session, (found) => this.#found(found))
    const { names, missing } = await this.#search.find()
    const rows = await this.#refresh(session, names)
    this.#say(missing)
    for (const row of rows) this.#keep(row)
    this.#reports.began(rows, page(target, { rows, missing }))
    this.#isBegun = true
  }

  /** Waits for a message or for the next refresh, and reports what has changed. */
  async goOn(session: Session): Promise<void> {
    await this.#pause.wait(Math.max(0, this.#refreshAt - monotonic()))
    try {
      const rows = await this.#read(session)
      this.#outage.end()
      for (const row of rows) {
        if (this.#overtaken.has(row.circuit)) this.#unread.add(row.circuit)
        else this.#take(row)
      }
      if (this.#unread.size > 0) this.#wake()
    } catch (error) {
      this.#refreshAt = monotonic() + RETRY
      // What was to be read is forgotten.
      this.#search?.hurry()
      this.#outage.begin(messageOf(error), session.isUp)
    }
  }

  async #read(session: Session): Promise<readonly Row[]> {
    this.#overtaken.clear()
    const isDue = monotonic() >= this.#refreshAt
    if (isDue) this.#search?.start()
    this.#search?.check()
    if (isDue) return this.#refresh(session, this.#rows.keys())
    const forces = await forcesIn(session)
    const names = [...new Set([...this.#nextNames(), ...this.#unknownIn(forces)])]
    const readings = await session.read(names)
    const read = names.map((name) => rowOf(name, readings.get(name), forces.get(name)))
    const others = [...this.#rows.values()].filter(({ circuit }) => !readings.has(circuit))
    return [...read, ...others.map((row) => ({ ...row, forced: forces.get(row.circuit) }))]
  }

  /** Circuits of which nothing but their force is known: by themselves, they may be anything. */
  #unknownIn(forces: ReadonlyMap<string, ListedForce>): string[] {
    return [...forces.keys()].filter((name) => !this.#rows.has(name))
  }

  async #refresh(session: Session, names: Iterable<string>): Promise<readonly Row[]> {
    this.#refreshAt = monotonic() + REFRESH
    return rowsOf(session, [...names, ...this.#nextNames()])
  }

  #nextNames(): string[] {
    const names = [...this.#unread, ...this.#hints.take()]
    this.#unread.clear()
    if (!this.#hints.isEmpty) this.#wake()
    return names
  }

  #found({ names, missing }: Names): void {
    this.#say(missing)
    for (const name of names) if (!this.#rows.has(name)) this.#unread.add(name)
    if (this.#unread.size > 0) this.#wake()
  }

  #say(missing: string | undefined): void {
    if (missing !== undefined && !this.#isMissingSaid) printError(missingText(missing))
    this.#isMissingSaid = missing !== undefined
  }

  #lost(reason: string, isDown: boolean): void {
    this.#search?.hurry()
    if (this.#isBegun) this.#outage.begin(reason, isDown)
  }

  #pushed(circuit: string, snapshot: Snapshot): void {
    // The first table will have it.
    if (!this.#isBegun) return this.#hint(circuit)
    this.#overtaken.add(circuit)
    const { snapshot: known, forced } = this.#rows.get(circuit) ?? {}
    if (known && known.version >= snapshot.version) return
    this.#take(rowOf(circuit, { snapshot }, forced))
  }

  #hint(circuit: string): void {
    this.#hints.add(circuit)
    if (!this.#hints.isEmpty) this.#wake()
  }

  /** @param refreshAt from when everything is to be read */
  #wake(refreshAt = this.#refreshAt): void {
    this.#refreshAt = refreshAt
    this.#pause.wake()
  }

  #take(row: Row): void {
    const known = this.#rows.get(row.circuit)
    if (known ? appearance(known) === appearance(row) : isPlain(row)) return
    this.#keep(row)
    this.#reports.changed(row)
  }

  #keep(row: Row): void {
    if (isPlain(row)) this.#rows.delete(row.circuit)
    else this.#rows.set(row.circuit, row)
  }
}

/** What makes a change worth a line. */
function appearance({ ownState, snapshot, forced, problem }: Row): string {
  const { epoch, failureCount } = snapshot ?? {}
  return JSON.stringify([ownState, epoch, failureCount, forced?.version, problem])
}
