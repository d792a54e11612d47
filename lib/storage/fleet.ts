/** A breaker's part in the fleet: its circuits, and the link that they share. */
import type { Machine, Rules } from '../circuit/types.js'
import type { Channel } from './channel.js'
import { Link } from './link.js'
import type { Host, Member, Membership } from './membership.js'
import { reasonOf } from './reason.js'
import { SharedCircuit } from './shared-circuit.js'
import type { Sharing } from './sharing.js'
import type { Answer, Connection, ConnectionListener, Question } from './storage.js'
import { later, within } from './timers.js'

/** How far from its mean the time between two reads may be. */
const JITTER = 0.2

export class Fleet implements Membership, Channel {
  readonly process = crypto.randomUUID()
  readonly sharing: Sharing
  readonly now: () => number
  readonly #connect: (listener: ConnectionListener) => Connection
  readonly #circuits = new Map<string, SharedCircuit>()
  readonly #link: Link
  #isInitialized = false
  #tokens = 0
  #connection: Connection | undefined
  #joined: Promise<void> | undefined
  #isJoining = false
  /** What the connection last complained of while it was being made. */
  #trouble = ''
  #cancelRefresh: (() => void) | undefined

  constructor(
    { publisher, now }: Host,
    sharing: Sharing,
    connect: (listener: ConnectionListener) => Connection,
  ) {
    this.sharing = sharing
    this.now = now
    this.#connect = connect
    this.#link = new Link({ publisher, now, rejoin: () => this.#rejoin(sharing.permitDeadline) })
  }

  get isInitialized(): boolean {
    return this.#isInitialized
  }

  get isUp(): boolean {
    return this.#link.isUp
  }

  machineFor(member: Member, rules: Rules): Machine {
    const circuit = new SharedCircuit(member, rules, this)
    this.#circuits.set(member.name, circuit)
    if (this.isUp) void circuit.refresh()
    return circuit
  }

  leave(name: string): void {
    this.#circuits.delete(name)
  }

  /** While connected, or connecting, there is one promise; after a failure the next call tries anew. */
  init(): Promise<void> {
    this.#isInitialized = true
    this.#joined ??= this.#join()
    return this.#joined
  }

  flush(): Promise<void> {
    return this.#link.drain()
  }

  async close(): Promise<void> {
    await this.#joined?.catch(() => undefined)
    await this.#link.drain()
    this.#cancelRefresh?.()
    this.#cancelRefresh = undefined
    this.#connection = undefined
    this.#joined = undefined
    await this.#link.close()
  }

  ask(question: Question, deadline: number, late?: (answer: Answer) => void): Promise<Answer> {
    return this.#link.ask(question, deadline, late)
  }

  newToken(): string {
    this.#tokens += 1
    return `${this.process}:${this.#tokens}`
  }

  watch(): void {
    this.#cancelRefresh ??= later(this.#refreshTime(), () => void this.#refresh())
  }

  async #join(): Promise<void> {
    this.#isJoining = true
    try {
      await within(this.sharing.initDeadline, this.#enter(), 'it took too long')
    } catch (error) {
      this.#joined = undefined
      throw this.#fail(error)
    } finally {
      this.#isJoining = false
    }
  }

  async #enter(): Promise<void> {
    this.#trouble = ''
    // What was refused at the last call may be allowed by now, and is to be tried at once.
    if (this.#connection && !this.#connection.isUp) {
      await this.#connection.close()
      this.#connection = undefined
    }
    const connection = (this.#connection ??= this.#connect(this.#listener))
    this.#link.use(connection)
    if (!connection.isUp) await connection.ready
    await this.#rejoin(this.sharing.initDeadline)
  }

  /** From here on circuits are local, until the link finds the storage. */
  #fail(error: unknown): Error {
    const { initDeadline } = this.sharing
    const what = reasonOf(error)
    const reason = this.#trouble && this.#trouble !== what ? `${what} (${this.#trouble})` : what
    this.#link.lose(reason)
    const message = `The storage cannot be used, asked for at most ${initDeadline} s: ${reason}`
    return new Error(message, { cause: error })
  }

  /** @param deadline of the first read. Once lost, it is as short as a probe's: a slow storage stays lost */
  async #rejoin(deadline: number): Promise<void> {
    const [first, ...rest] = this.#circuits.values()
    if (first) {
      const { commandDeadline } = this.sharing
      const answers = [await first.read(deadline)]
      const further = Math.max(commandDeadline, deadline)
      answers.push(...(await Promise.all(rest.map((circuit) => circuit.read(further)))))
      this.#link.restore()
      for (const [index, circuit] of [first, ...rest].entries()) {
        const answer = answers[index]
        if (answer) circuit.rejoin(answer)
      }
    } else this.#link.restore()
  }

  readonly #listener: ConnectionListener = {
    pushed: (name, snapshot, process) => this.#circuits.get(name)?.pushed(snapshot, process),
    hinted: (name) => void this.#circuits.get(name)?.refresh(),
    resumed: () => this.#resume(),
    lost: (reason) => {
      this.#trouble = reason
      if (!this.#isJoining) this.#link.lose(reason)
    },
  }

  #resume(): void {
    if (this.isUp) for (const circuit of this.#circuits.values()) void circuit.refresh()
    else if (!this.#isJoining) this.#link.retryNow()
  }

  #refreshTime(): number {
    return this.sharing.refresh * (1 + JITTER * (2 * Math.random() - 1))
  }

  async #refresh(): Promise<void> {
    const circuits = [...this.#circuits.values()].filter(({ isClosed }) => !isClosed)
    if (this.isUp) await Promise.all(circuits.map((circuit) => circuit.refresh()))
    this.#cancelRefresh = undefined
    if (circuits.some(({ isClosed }) => !isClosed)) this.watch()
  }
}
