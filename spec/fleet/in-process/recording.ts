/** A storage that records questions and answers in the order in which it carries them out. */
import type { Answer, Question, SharingOptions, SharedStorage } from '../../../lib/fleet/index.js'
import { Wrapped } from './wrapped.js'

export interface Entry {
  readonly question: Question
  readonly answer: Answer
  /** The time of the answer, in seconds. */
  readonly at: number
}

export class Recording extends Wrapped {
  readonly entries: Entry[] = []
  readonly #now: () => number

  constructor(inner: SharedStorage, options: SharingOptions, now: () => number) {
    super(inner, options)
    this.#now = now
  }

  protected async answer(question: Question, ask: () => Promise<Answer>): Promise<Answer> {
    const answer = await ask()
    this.entries.push({ question, answer, at: this.#now() })
    return answer
  }
}
