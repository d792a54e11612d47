/** The contract's suite finds faults: each planted fault fails the case for it. */
import { storageContract, type ContractSubject } from '../../lib/testing/index.js'
import { FAULTS } from './faults.js'
import { faultyStorage, type Fault } from './faulty-storage.js'

/** @returns the names of the cases that fail, among all or those that are meant */
async function failedBy(fault: Fault, isMeant = (_name: string) => true): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of storageContract(faultyStorage(fault))) {
    if (isMeant(name)) await run().catch(() => failed.push(name))
  }
  return failed
}

it('passes a storage without a fault', async () => {
  expect(await failedBy({})).toEqual([])
})

it.each(Object.entries(FAULTS))('catches a storage that %s', async (_what, [fault, meant]) => {
  expect(await failedBy(fault, (name) => name === meant)).toEqual([meant])
})

it('has a fault for every case', async () => {
  const faults = Object.values(FAULTS)
  const uncaught = new Set(storageContract(faultyStorage()).map(({ name }) => name))
  for (const [, meant] of faults) uncaught.delete(meant)
  for (const [fault] of faults) {
    for (const name of await failedBy(fault, (other) => uncaught.has(other))) uncaught.delete(name)
  }
  expect([...uncaught]).toEqual([])
})

describe('a storage that cannot set its clock or lose its data', () => {
  const { connect, setClock, forget } = faultyStorage()
  const namesOf = (subject: ContractSubject): string[] =>
    storageContract(subject).map(({ name }) => name)

  it('runs the other cases', async () => {
    const cases = storageContract({ connect })
    expect(cases.length).toBeGreaterThan(10)
    for (const { run } of cases) await run()
  })

  it('runs fewer cases than one that can do either', () => {
    const numbers = [{ connect }, { connect, forget }, { connect, setClock, forget }]
    const [none = 0, one = 0, both = 0] = numbers.map((subject) => namesOf(subject).length)
    expect([none < one, one < both]).toEqual([true, true])
  })
})
