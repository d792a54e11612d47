/** A storage in memory that is correct except for one planted fault. */
import {
  decide,
  INITIAL_SNAPSHOT,
  type Answer,
  type Kept,
  type Question,
} from '../../lib/fleet/index.js'
import type { ConnectionListener } from '../../lib/fleet/index.js'
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
  readonly neverCloses?: boolean
}

export function faultyStorage(fault: Fault = {}): ContractSubject {
  const { question = same, kept: keep = same, answer: say = same, key = same } = fault
  const circuits = new Map<string, Kept | undefined>()
  const listeners = new Set<ConnectionListener>()
  let now = 0
  const carryOut = async (asked: Question): Promise<Answer> => {
    const name = key(asked.circuit)
    const found = circuits.get(name)
    if (fault.isTorn) await new Promise(setImmediate)
    const { kept, answer, changed } = decide(found, question(asked, found), now)
    circuits.set(name, kept && keep(kept, found))
    if (changed && !fault.isSilent) {
      for (const listener of listeners) listener.pushed(asked.circuit, changed, asked.process)
    }
    return say(answer, asked)
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
        close: async () => void listeners.delete(listener),
      }
    },
    setClock: (seconds) => {
      now = fault.clock ? fault.clock(seconds, now) : seconds
    },
    forget: () => circuits.clear(),
    messageDeadline: 0.1,
  }
}

const same = <Value>(value: Value): Value => value

/** Knows nothing, so it can restore nothing. */
export const ignorant = (question: Question): Question => ({ ...question, known: INITIAL_SNAPSHOT })
