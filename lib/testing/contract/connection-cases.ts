/** Connections: what they publish, which names they accept, and how they end. */
import type { CircuitState } from '../../circuit/types.js'
import { check, eventually, must } from './checks.js'
import type { Process } from './process.js'
import { START, type Case, type Scene } from './scene.js'

const NAMES = ['a', 'A', 'a/b', 'a|b', 'a b', '{a}', 'ä', '🐸', '"', '\n', '__proto__']
const LONG_NAMES = [...NAMES, 'x'.repeat(900)]

export const MESSAGES: readonly Case[] = [
  {
    name: 'reach the other processes when the circuit opens',
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      await learns(scene, two, 'opened')
    },
  },
  {
    name: 'reach the other processes at each transition and each permit',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      await learns(scene, two, 'opened')
      await scene.setClock(START + 11)
      await one.acquire('t')
      await learns(scene, two, 'half-opened')
      await one.settle('t', 'success')
      await learns(scene, two, 'closed')
    },
  },
  {
    name: 'reach the other processes when a permit is given back',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await learns(scene, two, 'half-opened')
      const { version } = one.known
      const hints = two.hints
      await one.settle('t', 'ignored')
      // Until it learns that, it refuses its requests: it believes that the permit is held.
      await eventually('the other process learns of it', scene.messageDeadline, async () => {
        const last = two.pushed.at(-1)
        return two.hints > hints || (last?.heldFor === 0 && last.version > version)
      })
    },
  },
]

/** The process may learn the state from a message, or read it after a hint. */
async function learns(scene: Scene, process: Process, state: CircuitState): Promise<void> {
  const what = `the other process learns that the circuit is ${state}`
  await eventually(what, scene.messageDeadline, async () => {
    const read = process.hints > 0 ? await process.read() : undefined
    return read?.state === state || process.pushed.at(-1)?.state === state
  })
}

export const CONNECTIONS: readonly Case[] = [
  {
    name: 'keep circuits of any name apart',
    async run(scene) {
      const [one, two] = await scene.join({ threshold: 99 })
      for (const [at, name] of LONG_NAMES.entries()) {
        const evidence = { failures: at + 1, age: 0 }
        await one.ask({ op: 'report', evidence }, `${scene.circuit}${name}`)
      }
      for (const [at, name] of LONG_NAMES.entries()) {
        check(await two.ask({ op: 'read' }, `${scene.circuit}${name}`), { failureCount: at + 1 })
      }
    },
  },
  {
    name: 'can be closed twice, and then answer nothing',
    async run(scene) {
      const [one] = await scene.join()
      await one.close()
      await one.close()
      const end = await one.read().then(
        () => 'an answer',
        (error: unknown) => (error instanceof Error ? undefined : 'a rejection without an Error'),
      )
      must(end === undefined, `Expected a closed connection to reject with an Error, got ${end}`)
    },
  },
]
