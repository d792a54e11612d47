/** Runs the scripts for a breaker: in time, by Redis's clock, and with what the last command has shown. */
import type { Answer, Question } from '../storage/contract.js'
import type { ForceAnswer, ForceQuestion } from '../storage/forces.js'
import { asCircuitError, isKeyError } from './failure-reasons.js'
import { askForForces, type Run } from './force-commands.js'
import type { ForceReply } from './force-wire.js'
import type { Hub } from './hub.js'
import type { Inbox } from './inbox.js'
import { runScript } from './run-script.js'
import { SCRIPT } from './script.js'
import type { ServerClock } from './server-clock.js'
import { argumentsOf, parseReply, TEST_READ, type Envelope, type Reply } from './wire.js'
import type { View } from './write-check.js'

interface Timely {
  /** Redis's clock, in seconds. */
  readonly time: number
  /** Redis did not carry out the command, because the deadline was over by its clock. */
  readonly isLate: boolean
}

export interface ScriptCallsOptions {
  readonly hub: Hub
  readonly view: View
  readonly channel: string
  readonly inbox: Inbox
  readonly clock: ServerClock
  /** Monotonic seconds. */
  readonly now: () => number
}

export class ScriptCalls {
  readonly #options: ScriptCallsOptions
  /** Reads then ask for a write too: a full Redis, or a replica, refuses writes and answers reads. */
  #lastWriteFailed = false

  constructor(options: ScriptCallsOptions) {
    this.#options = options
  }

  async ask(question: Question): Promise<Answer> {
    const { answer } = await this.#inTime(question.deadline, (deadline) =>
      this.#ask(question, deadline),
    )
    return answer
  }

  async forces(question: ForceQuestion): Promise<ForceAnswer> {
    const { answer, isLate } = await this.#inTime(question.deadline, (deadline) =>
      this.#askForForces(question, deadline),
    )
    if (isLate && question.op !== 'read')
      throw new Error(`Redis did not carry out the command within ${question.deadline} s`)
    return answer
  }

  /** Reads a key that no circuit and no other process has. */
  test(): Promise<Reply> {
    const envelope = { ...this.#envelope(0), secret: '', needsWrites: false }
    const args = argumentsOf(TEST_READ, envelope)
    return this.#timed(async () => parseReply(await this.#run(SCRIPT, crypto.randomUUID(), args)))
  }

  /** Asks once more if only Redis's clock says that the deadline is over: that clock was set forward. */
  async #inTime<Kind extends Timely>(
    deadline: number,
    ask: (deadline: number) => Promise<Kind>,
  ): Promise<Kind> {
    const askedAt = this.#options.now()
    const reply = await ask(deadline)
    const remaining = askedAt + deadline - this.#options.now()
    return reply.isLate && remaining > 0 ? ask(remaining) : reply
  }

  async #ask(question: Question, deadline: number): Promise<Reply> {
    const { circuit } = question
    const secret = this.#options.inbox.secretOf(circuit) ?? crypto.randomUUID()
    const envelope = { ...this.#envelope(deadline), secret }
    const reply = await this.#timed(async () => {
      const text = await this.#run(SCRIPT, circuit, argumentsOf(question, envelope))
      if (envelope.needsWrites || question.op !== 'read') this.#lastWriteFailed = false
      return parseReply(text)
    })
    this.#options.inbox.answered(circuit, reply)
    return reply
  }

  async #askForForces(question: ForceQuestion, deadline: number): Promise<ForceReply> {
    const envelope = this.#envelope(deadline)
    const reply = await this.#timed(() => askForForces(this.#run, question, envelope))
    if (envelope.needsWrites || question.op !== 'read') this.#lastWriteFailed = false
    this.#options.inbox.answeredForces(reply.answer.version)
    return reply
  }

  #envelope(deadline: number): Omit<Envelope, 'secret'> {
    const { latest } = this.#options.clock
    const expires = latest && latest + deadline
    return { channel: this.#options.channel, expires, needsWrites: this.#lastWriteFailed }
  }

  /** Reads Redis's clock in the reply. */
  async #timed<Kind extends Timely>(ask: () => Promise<Kind>): Promise<Kind> {
    const sentAt = this.#options.now()
    const reply = await ask()
    this.#options.clock.read({ time: reply.time, sentAt, readAt: this.#options.now() })
    return reply
  }

  readonly #run: Run = async (script, circuit, args) => {
    try {
      return await runScript(
        this.#options.hub,
        script,
        `${this.#options.view.prefix}/${circuit}`,
        args,
      )
    } catch (error) {
      if (isKeyError(error)) throw asCircuitError(error)
      this.#lastWriteFailed = true
      throw error
    }
  }
}
