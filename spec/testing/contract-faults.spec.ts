/** The contract's suite finds faults: each planted fault fails the case for it. */
import { storageContract, type ContractSubject } from '../../lib/testing/index.js'
import { FAULTS } from './faults.js'
import { faultyStorage, type Fault } from './faulty-storage.js'

async function failedBy(fault: Fault): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { name, run } of storageContract(faultyStorage(fault))) {
    await run().catch(() => failed.push(name))
  }
  return failed
}

const failures = new Map<string, readonly string[]>()
beforeAll(async () => {
  for (const [what, [fault]] of Object.entries(FAULTS)) failures.set(what, await failedBy(fault))
})

it('passes a storage without a fault', async () => {
  expect(await failedBy({})).toEqual([])
})

it.each(Object.entries(FAULTS))('catches a storage that %s', (what, [, name]) => {
  expect(failures.get(what)).toContain(name)
})

it('has a fault for every case', () => {
  const caught = new Set([...failures.values()].flat())
  const names = storageContract(faultyStorage()).map(({ name }) => name)
  expect(names.filter((name) => !caught.has(name))).toEqual([])
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
