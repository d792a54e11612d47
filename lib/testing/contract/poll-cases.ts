/** Polls of the fleet: when one begins, and which answers count. */
import type { Answer, WindowEvidence } from '../../storage/contract.js'
import { check, eventually, must } from './checks.js'
import type { Party, Process } from './process.js'
import { START, type Case, type Scene } from './scene.js'

const RATE = { threshold: 0.5, window: 10, minimumRequests: 10 }
export const PARTY: Party = { threshold: 99, failureRate: RATE }

/** Reports what the process has in its window. */
export function report(process: Process, window: Partial<WindowEvidence>): Promise<Answer> {
  const whole = { requests: 0, failures: 0, fresh: 0, poll: 0, ...window }
  return process.ask({ op: 'report', evidence: { age: 0, window: whole } })
}

/** Enough suspicious failures. @returns the poll that they bring about */
export async function poll(process: Process): Promise<number> {
  const { poll: begun } = await report(process, { requests: 8, failures: 8, fresh: 8 })
  must(begun !== undefined, 'Expected eight fresh failures to begin a poll')
  return begun?.id ?? 0
}

/** Has the answers counted when all processes have had the time to answer. */
export async function count(scene: Scene, process: Process, at = START): Promise<Answer> {
  await scene.setClock(at + 0.5)
  return report(process, {})
}

export const POLLS: readonly Case[] = [
  {
    name: 'asks nothing before there are enough suspicious failures',
    async run(scene) {
      const [one, two] = await scene.join(PARTY)
      check(await report(one, { requests: 4, failures: 2, fresh: 2 }), { poll: undefined })
      check(await report(two, { requests: 4, failures: 2, fresh: 2 }), { poll: undefined })
      check(await report(one, { requests: 900, failures: 900 }), { poll: undefined, granted: true })
      const { poll: begun, version } = await report(two, { requests: 5, failures: 3, fresh: 1 })
      check({ ...begun }, { id: version, share: 1 })
      check({ ...(await one.read()).poll }, { id: version, share: 1 })
    },
  },
  {
    name: 'informs all processes of a poll',
    async run(scene) {
      const [one, two] = await scene.join(PARTY)
      const id = await poll(one)
      await eventually('the other process learns of the poll', scene.messageDeadline, async () => {
        const read = two.hints > 0 ? await two.read() : undefined
        return (read ?? two.pushed.at(-1))?.poll?.id === id
      })
    },
  },
  {
    name: 'does not decide before the processes have had the time to answer',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.join(PARTY)
      const id = await poll(one)
      check(await report(one, { requests: 20, failures: 20, poll: id }), { state: 'closed' })
      await scene.setClock(START + 0.375)
      check(await report(one, {}), { state: 'closed' })
    },
  },
  {
    name: 'ignores answers to a poll that is over',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.join(PARTY)
      const id = await poll(one)
      await report(one, { requests: 20, failures: 20, poll: id })
      await scene.setClock(START + 1)
      check(await report(one, {}), { state: 'closed', poll: undefined })
      check(await report(one, { requests: 20, failures: 20, poll: id }), { state: 'closed' })
    },
  },
  {
    name: 'adds fresh failures to an answer, and opens as of when the process opened its circuit',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.join(PARTY)
      const id = await poll(one)
      await report(one, { requests: 20, failures: 2, poll: id })
      await scene.setClock(START + 0.25)
      await report(one, { requests: 0, failures: 18, fresh: 20, poll: id, openedFor: 0 })
      check(await count(scene, one), { state: 'opened', openedFor: 0.25, failureCount: 20 })
    },
  },
  {
    name: 'ignores answers to a poll of an earlier epoch',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join({ ...PARTY, threshold: 3 })
      const id = await poll(one)
      await two.open()
      await scene.setClock(START + 11)
      await two.acquire('t')
      await two.settle('t', 'success')
      check(await report(two, { requests: 20, failures: 20, poll: id }), { state: 'closed' })
      check(await count(scene, two, START + 11), { state: 'closed', poll: undefined })
    },
  },
]
