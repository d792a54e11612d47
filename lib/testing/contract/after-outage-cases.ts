/** A storage that lost a circuit which had closed again: what the processes know still counts. */
import type { CircuitState } from '../../circuit/types.js'
import { check, must } from './checks.js'
import { START, type Case } from './scene.js'

/** Epochs that a process may know of a circuit that closed again before the storage lost it. */
const EPOCHS: readonly (readonly [string, (epoch: number) => number])[] = [
  ['the same epoch', (epoch) => epoch],
  ['no epoch', () => 0],
  ['an older epoch', (epoch) => epoch - 1],
  ['a newer epoch', (epoch) => epoch + 1],
]

function countsAll(what: string, epochOf: (epoch: number) => number, isFirst: boolean): Case {
  const who = isFirst ? 'second' : 'first'
  return {
    name: `counts the failures of all processes after an outage, if the ${who} to report knows ${what}`,
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await one.settle('t', 'success')
      two.known = { ...one.known, epoch: epochOf(one.known.epoch) }
      await scene.forget()
      const [first, second] = isFirst ? [one, two] : [two, one]
      await first.fail()
      // A process that knew an older epoch learns the newer one, and reports again.
      if (!(await second.fail()).granted) await second.fail(0)
      check(await second.read(), { state: 'closed', failureCount: 2 })
      if (!(await first.fail()).granted) await first.fail(0)
      check(first.known, { state: 'opened', failureCount: 3 })
    },
  }
}

function sleeper(outcome: 'success' | 'failure', state: CircuitState): Case {
  return {
    name: `believes a process that knows the end of an outage, and not one that has slept and probes: ${outcome}`,
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      const { known: asleep } = one
      await two.read()
      await two.acquire('t')
      await two.settle('t', 'success')
      await scene.setClock(START + 1000)
      await scene.forget()
      one.known = { ...asleep, openedFor: 1000 }
      const { epoch } = two.known
      for (const answer of [await one.acquire('u'), await one.settle('u', outcome)]) {
        check(answer, { granted: true })
        must(answer.epoch < epoch, `Expected an epoch before ${epoch}, got ${answer.epoch}`)
      }
      check(one.known, { state })
      check(await two.read(), { state: 'closed' })
      check(await one.read(), { state: 'closed' })
    },
  }
}

export const AFTER_OUTAGES: readonly Case[] = [
  sleeper('success', 'closed'),
  sleeper('failure', 'opened'),
  ...EPOCHS.flatMap(([what, epochOf]) => [
    countsAll(what, epochOf, true),
    countsAll(what, epochOf, false),
  ]),
  {
    name: 'stays opened if it opened after the loss, although the clock was set back in between',
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await one.settle('t', 'success')
      await scene.forget()
      await scene.setClock(START - 3600)
      await two.open()
      check(await one.read(), { state: 'opened' })
    },
  },
]
