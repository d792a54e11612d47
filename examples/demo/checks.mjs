/** Checks that the story went as promised. The requests that reached the user service decide. */
import { paint } from './paint.mjs'
import { CIRCUITS } from './settings.mjs'
import { isRefused } from './summary.mjs'

/**
 * @import { Reached, Results } from './arm.mjs'
 * @import { Lane } from './lane.mjs'
 *
 * @typedef {Record<string, boolean>} Checks whether each claim holds
 */

/**
 * @param {readonly Lane[]} lanes
 * @param {Results} guarded
 * @param {Results} bare
 * @returns whether every check passed
 */
export function printChecks(lanes, guarded, bare) {
  return print({
    ...circuitChecks(lanes, guarded),
    ...requestChecks(guarded, bare),
    'fewer requests reached the user service with the breaker than without':
      guarded.reached.length < bare.reached.length,
  })
}

/**
 * @param {Checks} checks
 * @returns whether all checks hold
 */
export function print(checks) {
  for (const [claim, holds] of Object.entries(checks)) {
    console.log(`  ${holds ? paint('green', '✔') : paint('red', '✖')} ${claim}`)
  }
  return Object.values(checks).every(Boolean)
}

/**
 * @param {readonly Lane[]} lanes
 * @param {Results} results
 */
function circuitChecks(lanes, { calls, reached }) {
  /** @param {Lane} lane */
  const failures = ({ kind, crowds }) =>
    reached.filter(
      (request) =>
        request.kind === kind &&
        request.behaviour === 'breaks' &&
        !crowds.flat().includes(request.id),
    ).length
  /** @param {Lane} lane */
  const last = ({ kind }) => calls.findLast((call) => call.kind === kind)
  const { isReached } = arrivals(reached)
  const faltering = calls.filter(({ kind, behaviour }) => {
    return kind === 'avatars' && behaviour === 'falters'
  })
  /** @param {readonly string[]} crowd */
  const probes = (crowd) => crowd.filter(isReached).length
  return {
    'each circuit opened after exactly as many failures as its threshold': lanes.every(
      (lane) => failures(lane) === CIRCUITS[lane.kind].threshold,
    ),
    'each half-opening sent one request to the user service, and refused the other callers':
      lanes.every(
        ({ crowds }) =>
          crowds.some(({ length }) => length > 1) && crowds.every((crowd) => probes(crowd) === 1),
      ),
    'a failed probe reopened the circuit; a successful one closed it': lanes.every(
      ({ history }) =>
        history.includes('half-opened → opened') && history.at(-1) === 'half-opened → closed',
    ),
    'half of the requests failed: the failure rate opened users, and no streak opened avatars':
      rated(lanes).join() === 'users' && !faltering.some(isRefused),
    'after the recovery, the callers of both circuits get answers': lanes.every(
      (lane) => last(lane)?.outcome === 'answered',
    ),
  }
}

/**
 * The circuits that their failure rate has opened.
 *
 * @param {readonly Lane[]} lanes
 */
function rated(lanes) {
  return lanes.filter(({ causes }) => causes.includes('rate')).map(({ kind }) => kind)
}

/**
 * Checks both arms: refused calls did not reach the user service, and all others did.
 *
 * @param {Results[]} arms
 */
export function requestChecks(...arms) {
  return {
    'no refused call reached the user service; every other call did': arms.every(
      ({ calls, reached }) => {
        const { isReached } = arrivals(reached)
        const refused = calls.filter(isRefused)
        return (
          !refused.some(({ id }) => isReached(id)) &&
          reached.length === calls.length - refused.length
        )
      },
    ),
  }
}

/** @param {readonly Reached[]} reached */
export function arrivals(reached) {
  const ids = new Set(reached.map(({ id }) => id))
  return { isReached: (/** @type {string} */ id) => ids.has(id) }
}
