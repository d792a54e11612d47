/** A request that waits for its permit, because a shared storage must be asked first. */
import axios from 'axios'
import { Registration } from '../../lib/axios/intercept.js'
import { ManagedCircuit } from '../../lib/circuit/managed-circuit.js'
import type { Admission, Outcome, Permit } from '../../lib/circuit/types.js'
import { NOBODY } from '../support/owner.js'

const PERMIT: Permit = { admitted: true, epoch: 0, grantedAt: 0, probe: true }

const REFUSAL: Admission = { admitted: false, state: 'half-opened', retryAfter: 0 }

function waiting() {
  let decide: (admission: Admission) => void = () => undefined
  const admission = new Promise<Admission>((resolve) => {
    decide = resolve
  })
  const recorded: Outcome[] = []
  const machine = {
    decidedState: 'half-opened',
    state: 'half-opened',
    failureCount: 1,
    retryAfter: 0,
    closedPermit: undefined,
    admit: () => admission,
    record: (_permit: Permit, outcome: Outcome) => recorded.push(outcome) > 0,
    recordSlow: () => false,
  } as const
  const publisher = { publish: () => undefined, hasListeners: () => false }
  const sent = jest.fn(async (config) => ({ data: 1, status: 200, headers: {}, config }))
  const users = axios.create({ adapter: sent as never })
  const circuit = new ManagedCircuit('users', machine, publisher, NOBODY)
  void new Registration(users, circuit, {})
  return {
    users,
    sent,
    recorded,
    circuit,
    grant: () => decide(PERMIT),
    refuse: () => decide(REFUSAL),
  }
}

test('it is sent once it has the permit', async () => {
  const { users, sent, recorded, grant } = waiting()
  const answer = users.get('/')
  grant()
  expect((await answer).status).toBe(200)
  expect(sent).toHaveBeenCalledTimes(1)
  expect(recorded).toEqual(['success'])
})

test('it is sent without one if the circuit is detached meanwhile', async () => {
  const { users, sent, circuit, refuse } = waiting()
  const answer = users.get('/')
  circuit.release()
  refuse()
  expect((await answer).status).toBe(200)
  expect(sent).toHaveBeenCalledTimes(1)
})

test.each([
  ['a signal', new AbortController()],
  ['a cancel token', axios.CancelToken.source()],
])('cancelled by %s meanwhile, it is not sent, and gives the permit back', async (_how, by) => {
  const { users, sent, recorded, grant } = waiting()
  const options = by instanceof AbortController ? { signal: by.signal } : { cancelToken: by.token }
  const ending = users.get('/', options).catch((error: unknown) => error)
  if (by instanceof AbortController) by.abort()
  else by.cancel()
  grant()
  expect(axios.isCancel(await ending)).toBe(true)
  expect(sent).not.toHaveBeenCalled()
  expect(recorded).toEqual(['ignored'])
})
