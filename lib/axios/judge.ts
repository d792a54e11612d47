/** Judges attempts by the user's `outcome` function, or by the default rule if that gives no outcome. */
import type { Outcome } from '../circuit/types.js'
import { reportOnce } from '../internal/warnings.js'
import { UnsentError } from './errors.js'
import { outcomeOf, type AttemptResult } from './outcome.js'

export type JudgeOutcome = (result: AttemptResult) => Outcome | undefined

const FAILED = 'An "outcome" function failed'

/**
 * Never throws: the attempt is recorded whatever the judge does and however the adapter ended.
 * A result whose getters throw does not come from a healthy service.
 */
export function judgeResult(result: AttemptResult, judge: JudgeOutcome | undefined): Outcome {
  try {
    // Another breaker on the same instance refused the request.
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
    // A judge must answer at once: a promise settles too late.
    Promise.resolve(answer).catch(() => undefined)
    throw new TypeError(
      `expected "success", "failure", "ignored" or undefined, given ${typeof answer}`,
    )
  } catch (error) {
    reportOnce(FAILED, judge, error)
  }
  return undefined
}

function isOutcome(value: unknown): value is Outcome {
  return value === 'success' || value === 'failure' || value === 'ignored'
}
