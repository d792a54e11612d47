/** The reference rules are a pure function of plain data. The suite of the contract says what they decide. */
import { deepEqual } from 'node:assert/strict'
import { decide, INITIAL_SNAPSHOT, type Kept, type Question } from '../../lib/fleet/index.js'
import { storageContract } from '../../lib/testing/index.js'
import { faultyStorage } from '../testing/faulty-storage.js'

const NOW = 1000
const READ: Question = {
  op: 'read',
  circuit: 'users',
  process: 'one',
  reporter: 'one',
  deadline: 1,
  known: INITIAL_SNAPSHOT,
  terms: { opening: { threshold: 2 }, ttl: 10, permits: 1, lease: 60, quorum: 1 },
}
const reported = (failures: number): Question => ({
  ...READ,
  op: 'report',
  evidence: { failures, age: 0 },
})

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part)
    Object.freeze(value)
  }
  return value
}

function throughJson(kept: Kept): Kept {
  const copy = JSON.parse(JSON.stringify(kept)) as Kept
  deepEqual(JSON.stringify(copy), JSON.stringify(kept))
  return frozen(copy)
}

const cases = storageContract(faultyStorage({ question: frozen, kept: throughJson }))

it.each(cases.map(({ name, run }) => [name, run] as const))(
  'does not change its arguments, and keeps only what JSON can hold: %s',
  async (_name, run) => {
    await expect(run()).resolves.toBeUndefined()
  },
)

it('returns the given record if there is nothing to store', () => {
  expect(decide(undefined, READ, NOW).kept).toBeUndefined()
  const { kept } = decide(undefined, reported(1), NOW)
  expect(kept).toBeDefined()
  expect(decide(kept, READ, NOW).kept).toBe(kept)
})

it('marks transitions for publication, and no reports', () => {
  const { kept, changed } = decide(undefined, reported(1), NOW)
  expect(changed).toBeUndefined()
  expect(decide(kept, reported(2), NOW).changed).toMatchObject({ state: 'opened', failureCount: 2 })
})

describe('a probe that holds no permit', () => {
  const due = NOW + READ.terms.ttl
  const opened = decide(undefined, reported(2), NOW).kept
  const terms = { ...READ.terms, permits: 2 }
  const renewed = (token: string): Question => ({ ...READ, terms, op: 'renew', token, lease: 60 })

  it('is news if it takes the place of a permit that was free', () => {
    const one = decide(opened, renewed('one'), due)
    expect(one.changed).toMatchObject({ state: 'opened', heldFor: 0 })
    expect(decide(one.kept, renewed('two'), due).changed).toMatchObject({ heldFor: 60 })
  })

  it('is no news if no permit was free, nor is a later renewal', () => {
    const [one, two] = ['one', 'two'].map(renewed) as [Question, Question]
    const full = decide(decide(opened, one, due).kept, two, due).kept
    const third = decide(full, renewed('three'), due)
    expect(third.changed).toBeUndefined()
    expect(third.kept?.permits.map(({ token }) => token)).toEqual(['one', 'two', 'three'])
    expect(decide(third.kept, two, due + 1)).toMatchObject({ answer: { granted: true } })
    expect(decide(third.kept, two, due + 1).changed).toBeUndefined()
  })
})
