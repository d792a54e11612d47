/** Each storage keeps the contract. */
import { storageContract } from '../../lib/testing/index.js'
import { SUBJECTS, type Subject } from './subjects.js'

describe.each(Object.entries(SUBJECTS))('%s:', (_name, start) => {
  let subject: Subject
  beforeAll(async () => {
    subject = await start()
  })
  afterAll(() => subject.stop())

  const cases = storageContract({
    connect: (listener) => subject.create().connect(listener),
    setClock: (seconds) => subject.setClock(seconds),
    forget: () => subject.forget(),
    forces: true,
    circuits: true,
  })
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', async (_case, run) => {
    await expect(run()).resolves.toBeUndefined()
  })
})
