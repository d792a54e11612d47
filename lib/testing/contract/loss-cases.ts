/** A storage that lost all its data: which process restores what. */
import type { Outcome } from '../../circuit/types.js'
import type { Snapshot } from '../../storage/contract.js'
import { INITIAL_SNAPSHOT } from '../../storage/initial-snapshot.js'
import { check, must } from './checks.js'
import type { Case } from './scene.js'

function recognizes(op: 'renew' | 'settle'): Case {
  return {
    name: `recognizes a probe that asks to ${op} its permit`,
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await scene.forget()
      const renew = { op: 'renew', token: 't', lease: 60 } as const
      check(op === 'renew' ? await one.ask(renew) : await one.settle('t', 'success'), {
        granted: true,
      })
      check(await two.acquire('u'), { granted: op === 'settle' })
    },
  }
}

function counts(outcome: Outcome, expected: Partial<Snapshot>): Case {
  return {
    name: `restores the outage that a probe has ended, and counts its ${outcome}`,
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await scene.forget()
      const { epoch } = one.known
      const ended = await one.settle('t', outcome)
      check(ended, { ...expected, granted: true, heldFor: 0 })
      must(ended.epoch > epoch, `Expected an epoch after ${epoch}, got ${ended.epoch}`)
      check(await two.read(), { ...expected, epoch: ended.epoch })
    },
  }
}

export const LOSSES: readonly Case[] = [
  {
    name: 'restores an outage that a process knows, with its age',
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      await scene.forget()
      one.known = { ...one.known, openedFor: 4 }
      const { epoch } = one.known
      check(await one.read(), { state: 'opened', epoch, openedFor: 4 })
      check(await two.read(), { state: 'opened', epoch, openedFor: 4 })
    },
  },
  {
    name: 'grants only one probe, although it forgot that the circuit is due',
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      two.known = one.known = { ...one.known, openedFor: 10 }
      await scene.forget()
      const answers = await Promise.all([one.acquire('t'), two.acquire('u')])
      const granted = answers.filter((answer) => answer.granted).length
      must(granted === 1, `Expected one permit, got ${granted}`)
    },
  },
  {
    name: 'keeps the permits that it has when a process knows of a newer outage',
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      const newest = { ...one.known, version: one.known.version + 1, epoch: one.known.epoch + 1 }
      await scene.forget()
      await one.read()
      await one.ask({ op: 'renew', token: 't', lease: 60 })
      two.known = { ...newest, state: 'half-opened', openedFor: 11 }
      check(await two.acquire('u'), { epoch: newest.epoch, granted: false, heldFor: 60 })
      check(await one.settle('t', 'success'), { state: 'half-opened', granted: false, heldFor: 0 })
    },
  },
  counts('success', { state: 'closed' }),
  counts('failure', { state: 'opened', round: 2, cause: 'probe' }),
  recognizes('renew'),
  recognizes('settle'),
  {
    name: 'restores nothing for a process that knows no outage',
    needs: ['forget'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.fail()
      await scene.forget()
      check(await two.read(), INITIAL_SNAPSHOT)
      check(await one.fail(), { failureCount: 2, granted: true })
    },
  },
  {
    name: 'restores nothing for an onlooker, which has no name',
    needs: ['forget'],
    async run(scene) {
      const [one, two] = await scene.join()
      const onlooker = await scene.add('')
      await one.open()
      await scene.forget()
      onlooker.known = one.known
      await onlooker.read()
      check(await two.read(), INITIAL_SNAPSHOT)
    },
  },
  {
    name: 'does not restore an outage that a process slept through',
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      await scene.forget()
      one.known = { ...one.known, openedFor: 10 + 60 + 1 }
      check(await one.read(), { state: 'closed' })
      check(await two.read(), { state: 'closed' })
    },
  },
  {
    name: 'grants only one probe of an outage in which the fleet was idle for long, and counts it',
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      await scene.forget()
      two.known = one.known = { ...one.known, openedFor: 10 + 60 + 1 }
      check(await one.acquire('t'), { state: 'half-opened', granted: true })
      check(await two.acquire('u'), { state: 'half-opened', granted: false, heldFor: 60 })
      check(await one.settle('t', 'success'), { state: 'closed', granted: true })
      check(await two.read(), { state: 'closed' })
    },
  },
]
