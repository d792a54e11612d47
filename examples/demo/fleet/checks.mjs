/** Checks that the story went as promised. The requests that reached the user service decide. */
import { arrivals, print, requestChecks } from '../checks.mjs'
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
