/** The user's judgement of an attempt, and the rule where it gives none. */
import type { Outcome } from '../circuit/types.js'
import { reportOnce } from '../internal/warnings.js'
import { UnsentError } from './errors.js'
import { outcomeOf, type AttemptResult } from './outcome.js'

export type JudgeOutcome = (result: AttemptResult) => Outcome | undefined

const FAILED = 'An "outcome" function failed'

/**
 * Never throws: whatever the judge does, and whatever the adapter ended with, the attempt is recorded.
 * What cannot be read, as its getters throw, is no answer of a service that is well.
 */
export function judgeResult(result: AttemptResult, judge: JudgeOutcome | undefined): Outcome {
  try {
    // Refused by another breaker on the same instance.
    if (result.error !== undefined && result.error instanceof UnsentError) return 'ignored'
    return (judge && askJudge(judge, result)) ?? outcomeOf(result)
  } catch {
    return 'failure'
  }
}

function askJudge(judge: JudgeOutcome, result: AttemptResult): Outcome | undefined {
  try {
    const answer: unknown = judge(result)
    if (answer === undefined || isOutcome(answer)) return answer
    refuseAnswer(judge, answer)
  } catch (error) {
    reportOnce(FAILED, judge, error)
  }
  return undefined
}

function isOutcome(value: unknown): value is Outcome {
  return value === 'success' || value === 'failure' || value === 'ignored'
}

/** An answer must be there when the attempt ends: one that is promised is too late. */
function refuseAnswer(judge: JudgeOutcome, answer: unknown): void {
  Promise.resolve(answer).catch(() => undefined)
  const expected = 'expected "success", "failure", "ignored" or undefined'
  reportOnce(FAILED, judge, new TypeError(`${expected}, given ${typeof answer}`))
}
