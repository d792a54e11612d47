/** A storage in memory that is correct except for one planted fault. */
import { decide, decideForces, INITIAL_SNAPSHOT } from '../../lib/fleet/index.js'
import type { Answer, ConnectionListener, ForceAnswer } from '../../lib/fleet/index.js'
import type { ForceQuestion, Kept, KeptForces, Question } from '../../lib/fleet/index.js'
import type { ContractSubject } from '../../lib/testing/index.js'

export interface Fault {
  /** Changes a question before it is carried out. */
  readonly question?: (question: Question, kept: Kept | undefined) => Question
  /** Changes the record before it is stored. */
  readonly kept?: (kept: Kept, before: Kept | undefined) => Kept | undefined
  readonly answer?: (answer: Answer, question: Question) => Answer
  readonly key?: (circuit: string) => string
  readonly clock?: (seconds: number, before: number) => number
  /** Whether other commands are carried out between reading and storing. */
  readonly isTorn?: boolean
  readonly isSilent?: boolean
  /** Whether the change that a question has made is published. */
  readonly isNews?: (question: Question) => boolean
  readonly neverCloses?: boolean
  /** Of the list of forced circuits. */
  readonly forces?: ForcesFault
  readonly names?: (names: readonly string[]) => readonly string[]
}

export interface ForcesFault {
  readonly question?: (question: ForceQuestion, kept: KeptForces | undefined) => ForceQuestion
  readonly kept?: (kept: KeptForces, question: ForceQuestion) => KeptForces
  readonly answer?: (answer: ForceAnswer) => ForceAnswer
}

export function faultyStorage(fault: Fault = {}): ContractSubject {
  const { question = same, kept: keep = same, answer: say = same, key = same } = fault
  const { isNews = () => true } = fault
  const circuits = new Map<string, Kept | undefined>()
  let list: KeptForces | undefined
  const listeners = new Set<ConnectionListener>()
  let now = 0
  const carryOut = async (asked: Question): Promise<Answer> => {
    const name = key(asked.circuit)
    const found = circuits.get(name)
    if (fault.isTorn) await new Promise(setImmediate)
    const { kept, answer, changed } = decide(found, question(asked, found), now)
    circuits.set(name, kept && keep(kept, found))
    if (changed && !fault.isSilent && isNews(asked)) {
      for (const listener of listeners) listener.pushed(asked.circuit, changed, asked.process)
    }
    return say(answer, asked)
  }
  const askForForces = async (asked: ForceQuestion): Promise<ForceAnswer> => {
    const { question: ask = same, kept: store = same, answer: tell = same } = fault.forces ?? {}
    const { kept, answer, changed } = decideForces(list, ask(asked, list), now)
    list = kept && store(kept, asked)
    if (changed !== undefined && !fault.isSilent) {
      for (const listener of listeners) listener.forcesChanged?.(changed)
    }
    return tell(answer)
  }
  return {
    connect: (listener) => {
      listeners.add(listener)
      const isUp = (): boolean => listeners.has(listener)
      return {
        ready: Promise.resolve(),
        isUp: true,
        ask: async (asked) => {
          if (!isUp() && !fault.neverCloses) throw new Error('The connection is closed')
          return carryOut(asked)
        },
        forces: askForForces,
        circuits: async () => (fault.names ?? same)([...circuits.keys()]),
        close: async () => void listeners.delete(listener),
      }
    },
    setClock: (seconds) => {
      now = fault.clock ? fault.clock(seconds, now) : seconds
    },
    forget: () => {
      circuits.clear()
      list = undefined
    },
    forces: true,
    circuits: true,
    messageDeadline: 0.1,
  }
}

const same = <Value>(value: Value): Value => value

/** Knows nothing, so it can restore nothing. */
export const ignorant = (question: Question): Question => ({ ...question, known: INITIAL_SNAPSHOT })
