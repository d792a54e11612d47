/** Checks that the story went as promised. The requests that reached the user service decide. */
import { arrivals, print, requestChecks } from '../checks.mjs'
import { isRefused, isSpared } from '../summary.mjs'
import { PROCESSES, THRESHOLD } from './settings.mjs'

/**
 * @import { Results } from '../arm.mjs'
 * @import { OperatorCall } from './operator.mjs'
 * @import { Story } from './story.mjs'
 */

/**
 * @param {Story} story
 * @param {Results} shared
 * @param {Results} own
 * @returns whether every check passed
 */
export function printChecks(story, shared, own) {
  return print({ ...circuitChecks(story, shared), ...fleetChecks(shared, own) })
}

/**
 * @param {Story} story
 * @param {Results} results
 */
function circuitChecks({ transitions: { histories }, crowds }, { calls, reached }) {
  const [first] = histories
  const { isReached } = arrivals(reached)
  /** @param {number} process */
  const failures = (process) =>
    calls.filter(({ id, client, outcome }) => {
      return client === process && outcome === 'failed' && !crowds.flat().includes(id)
    }).length
  /** @param {number} process */
  const last = (process) => calls.findLast(({ client }) => client === process)
  return {
    'the circuit opened because of failures in all processes: none alone had reached its threshold':
      PROCESSES.every((_, process) => failures(process) < THRESHOLD),
    'each transition in one process reached the other two': histories.every(
      (history) => history.join() === first.join(),
    ),
    'each half-opening sent one request to the user service, and refused all other callers':
      crowds.some(({ length }) => length > PROCESSES.length) &&
      crowds.every((crowd) => crowd.filter(isReached).length === 1),
    'a failed probe reopened the circuit; a successful one closed it':
      first.includes('half-opened → opened') && first.at(-1) === 'half-opened → closed',
    'after the recovery, the callers of all processes get answers': PROCESSES.every(
      (_, process) => last(process)?.outcome === 'answered',
    ),
  }
}

/**
 * @param {Results} shared
 * @param {Results} own
 */
function fleetChecks(shared, own) {
  /** @param {Results} results */
  const failed = ({ reached }) => reached.filter(({ behaviour }) => behaviour === 'breaks').length
  return {
    ...requestChecks(shared, own),
    'fewer requests reached the broken user service than with a circuit in each process':
      failed(shared) < failed(own),
  }
}

/**
 * @param {readonly OperatorCall[]} calls
 * @param {Results} results
 * @returns whether every check of the operator's scene passed
 */
export function printOperatorChecks(calls, { reached }) {
  const { isReached } = arrivals(reached)
  /** @param {string} name */
  const of = (name) => calls.filter(({ phase }) => phase === name)
  /** @param {OperatorCall} call */
  const isForced = (call) => isRefused(call) && Boolean(call.forced?.by && call.forced.reason)
  return print({
    'the dry run refused nobody, and said what it would have refused':
      !of('dry run').some(isRefused) && of('dry run').some(isSpared),
    'once enforced, the circuit refused callers, and a probe closed it':
      of('enforced').some(isRefused) && of('enforced').at(-1)?.outcome !== 'refused',
    'forced open, all processes refused every call, and named who and why':
      of('maintenance').length >= PROCESSES.length &&
      of('maintenance').every((call) => isForced(call) && !isReached(call.id)),
    'after the time was up, the callers of all processes got answers again':
      !of('afterwards').some(isRefused),
  })
}
