/** Did the story go as it should? What reached the user service has the last word. */
import { paint } from './paint.mjs'
import { CIRCUITS } from './settings.mjs'
import { isRefused } from './summary.mjs'

/** @returns whether every check passed */
export function printChecks(lanes, guarded, bare) {
  const checks = { ...circuitChecks(lanes, guarded), ...requestChecks(guarded, bare) }
  for (const [claim, holds] of Object.entries(checks)) {
    console.log(`  ${holds ? paint('green', '✔') : paint('red', '✖')} ${claim}`)
  }
  return Object.values(checks).every(Boolean)
}

function circuitChecks(lanes, { calls, reached }) {
  const failures = ({ kind, crowds }) =>
    reached.filter(
      (request) =>
        request.kind === kind &&
        request.behaviour === 'breaks' &&
        !crowds.flat().includes(request.id),
    ).length
  const last = ({ kind }) => calls.findLast((call) => call.kind === kind)
  const ids = new Set(reached.map(({ id }) => id))
  const probes = (crowd) => crowd.filter((id) => ids.has(id)).length
  return {
    'each circuit opened after as many failures as its threshold says': lanes.every(
      (lane) => failures(lane) === CIRCUITS[lane.kind].threshold,
    ),
    'each half-opening sent one request to the user service, and refused the other callers':
      lanes.every(
        ({ crowds }) =>
          crowds.some(({ length }) => length > 1) && crowds.every((crowd) => probes(crowd) === 1),
      ),
    'a probe that failed opened the circuit again; one that passed closed it': lanes.every(
      ({ history }) =>
        history.includes('half-opened → opened') && history.at(-1) === 'half-opened → closed',
    ),
    'after the recovery the callers of both get their answers': lanes.every(
      (lane) => last(lane).outcome === 'answered',
    ),
  }
}

function requestChecks(guarded, bare) {
  const ids = new Set(guarded.reached.map(({ id }) => id))
  const refused = guarded.calls.filter(isRefused)
  return {
    'no refused call reached the user service; every other call did':
      refused.every(({ id }) => !ids.has(id)) &&
      guarded.reached.length === guarded.calls.length - refused.length &&
      bare.reached.length === bare.calls.length,
    'fewer requests reached the user service with the breaker than without':
      guarded.reached.length < bare.reached.length,
  }
}
