/** Checks that the story went as promised. The requests that reached the user service decide. */
import { arrivals, print, requestChecks } from '../checks.mjs'
import { isRefused } from '../summary.mjs'
import { PROCESSES, THRESHOLD } from './settings.mjs'

/** @returns whether every check passed */
export function printChecks({ transitions, crowds }, shared, own) {
  return print({ ...circuitChecks(transitions, crowds, shared), ...fleetChecks(shared, own) })
}

function circuitChecks({ histories }, crowds, { calls, reached }) {
  const [first] = histories
  const { isReached } = arrivals(reached)
  const failures = (process) =>
    calls.filter(({ id, client, outcome }) => {
      return client === process && outcome === 'failed' && !crowds.flat().includes(id)
    }).length
  const last = (_, process) => calls.findLast(({ client }) => client === process)
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
    'after the recovery, the callers of all processes get answers': PROCESSES.map(last).every(
      ({ outcome }) => outcome === 'answered',
    ),
  }
}

function fleetChecks(shared, own) {
  const failed = ({ reached }) => reached.filter(({ behaviour }) => behaviour === 'breaks').length
  return {
    ...requestChecks(shared, own),
    'fewer requests reached the broken user service than with a circuit in each process':
      failed(shared) < failed(own),
  }
}

/** @returns whether every check of the operator's scene passed */
export function printOperatorChecks(calls, { reached }) {
  const { isReached } = arrivals(reached)
  const of = (name) => calls.filter(({ phase }) => phase === name)
  const isForced = ({ forced }) => Boolean(forced?.by && forced.reason)
  return print({
    'the dry run refused nobody, and said what it would have refused':
      !of('dry run').some(isRefused) && of('dry run').some(({ wasSpared }) => wasSpared),
    'once enforced, the circuit refused callers, and a probe closed it':
      of('enforced').some(isRefused) && !isRefused(of('enforced').at(-1)),
    'forced open, all processes refused every call, and named who and why':
      of('maintenance').length >= PROCESSES.length &&
      of('maintenance').every((call) => isForced(call) && !isReached(call.id)),
    'after the time was up, the callers of all processes got answers again':
      !of('afterwards').some(isRefused),
  })
}
