/**
 * The rules of the list of forced circuits, as a function. Redis's script has the same ones in Lua; random
 * questions hold both to the same answers.
 */
import type { ForceAnswer, ForceQuestion } from '../forces.js'
import { MOST_FORCES } from '../limits.js'
import { MICROSECONDS } from './belief.js'
import { answerOf, believable, believed, isOver, newestOf } from './kept-forces.js'
import type { KeptForces, Merging } from './kept-forces.js'
import { merged, pruned, without } from './merged-forces.js'

export interface ForceDecision {
  /** What to store: the very value that was given, if nothing is to be stored. */
  readonly kept: KeptForces | undefined
  readonly answer: ForceAnswer
  /** The version to call `forcesChanged` with on every connection; left out if the others need not learn of it. */
  readonly changed?: number | undefined
}

/**
 * Carries out one question about forced circuits. Pure. Read what is kept, decide and store in one step, as
 * for `decide`.
 *
 * @param kept what was stored of the list; undefined if nothing is
 * @param now the storage's clock, in seconds: one clock for all processes
 */
export function decideForces(
  kept: KeptForces | undefined,
  question: ForceQuestion,
  now: number,
): ForceDecision {
  const known = believable(question.known, now)
  const found = merged(believed(kept, now), known, now)
  const version = Math.max(
    newestOf(found.list, found.list.entries) + 1,
    newestOf(known, [...known.forces, ...known.lifted]) + 1,
    Math.floor(now * MICROSECONDS),
  )
  const done = carryOut(found, question, version, now)
  const list = done.isChanged ? { ...pruned(done.list, now), version } : done.list
  const isNews = done.isChanged || (question.op === 'read' && question.isRoutine === true)
  return {
    kept: done.isChanged ? list : kept,
    answer: { ...answerOf(list, now), granted: done.granted },
    ...(isNews && { changed: list.version }),
  }
}

function carryOut(
  found: Merging,
  question: ForceQuestion,
  version: number,
  now: number,
): Merging & { readonly granted: boolean } {
  if (question.op === 'read') return { ...found, granted: true }
  const { circuit } = question
  const others = without(found.list, circuit)
  if (question.op === 'unforce') {
    const entries = [...others, { circuit, version, at: now }]
    return { list: { ...found.list, entries }, isChanged: true, granted: true }
  }
  const standing = others.filter((entry) => !isOver(entry, now))
  if (standing.length >= MOST_FORCES) return { ...found, granted: false }
  const { state, by, reason, endsIn } = question.force
  const entry = { circuit, version, at: now, force: { state, by, reason }, lasts: endsIn }
  return {
    list: { ...found.list, entries: [...others, entry] },
    isChanged: true,
    granted: true,
  }
}
