/** The types of judge.mjs and journal.mjs, for specs. */
export interface Violation {
  readonly rule: string
  readonly at: number
  readonly process: string
  readonly text: string
}

export interface Verdict {
  readonly rule: string
  readonly title: string
  readonly checked: number
  readonly violations: readonly Violation[]
}

export function judge(journal: object): Verdict[]
