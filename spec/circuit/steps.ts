/** Random steps of overlapping requests. */
import fc from 'fast-check'
import type { Outcome } from '../../lib/circuit/types.js'

export type Step =
  | { readonly kind: 'admit' }
  | { readonly kind: 'end'; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: 'report'; readonly outcome: 'success' | 'failure' }
  | { readonly kind: 'wait'; readonly seconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'admit' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(),
      outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'failure', 'ignored'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      outcome: fc.constantFrom('success' as const, 'failure' as const),
    }),
  },
  {
    weight: 2,
    // Whole numbers meet the ttl exactly, where strictly later is what counts.
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.constantFrom(0.5, 1, 1, 4, 8, 8.5),
    }),
  },
)

export function steps(minLength: number, maxLength: number): fc.Arbitrary<readonly Step[]> {
  return fc.array(step, { minLength, maxLength, size: 'max' })
}
