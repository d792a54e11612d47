/** A half-opened circuit: what the end of a probe changes. */
import type { CircuitState, Outcome } from '../../circuit/types.js'
import { check } from './checks.js'
import { START, type Case } from './scene.js'

function ends(outcome: Outcome, state: CircuitState, failureCount: number): Case {
  return {
    name: `is ${state} after a probe that ended with ${outcome}`,
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      const ended = await one.settle('t', outcome)
      check(ended, { state, failureCount, granted: true, heldFor: 0 })
      check(await two.acquire('u'), { granted: outcome !== 'failure' })
    },
  }
}

export const HALF_OPENED: readonly Case[] = [
  ends('success', 'closed', 0),
  ends('failure', 'opened', 3),
  ends('ignored', 'half-opened', 3),
  {
    name: 'counts a result once, and only from the process that holds the permit',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      check(await two.settle('u', 'success'), { state: 'half-opened', granted: false })
      check(await one.settle('t', 'success'), { state: 'closed', granted: true })
      const { version } = one.known
      check(await one.settle('t', 'failure'), { version, granted: false })
    },
  },
  {
    name: 'counts a probe of the round before among its permits until it ends, and ignores its result',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue({ permits: 2 })
      await one.acquire('t')
      await two.acquire('u')
      check(await one.settle('t', 'failure'), { state: 'opened', heldFor: 0 })
      await scene.setClock(START + 11 + 11)
      check(await one.acquire('v'), { granted: true, heldFor: 49 })
      check(await one.acquire('w'), { granted: false })
      check(await two.ask({ op: 'renew', token: 'u', lease: 60 }), { granted: true, heldFor: 60 })
      check(await two.settle('u', 'success'), { state: 'half-opened', granted: false, heldFor: 0 })
      check(await one.acquire('w'), { granted: true })
    },
  },
  {
    name: 'counts a probe in flight once, and leaves it its permit until it ends',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue({ probes: { needed: 1, of: 2 } })
      const slow = { op: 'settle', token: 't', outcome: 'failure', isInFlight: true } as const
      await one.acquire('t')
      check(await one.ask(slow), { state: 'half-opened', granted: true, heldFor: 60 })
      check(await two.acquire('u'), { granted: false })
      check(await one.ask(slow), { state: 'half-opened', granted: false, heldFor: 60 })
      check(await one.ask({ op: 'renew', token: 't', lease: 60 }), { granted: true })
      check(await one.settle('t', 'failure'), { state: 'half-opened', granted: false, heldFor: 0 })
      await two.acquire('u')
      const opened = await two.ask({ ...slow, token: 'u' })
      check(opened, { state: 'opened', granted: true, heldFor: 60 })
      await scene.setClock(START + 11 + 11)
      check(await one.acquire('v'), { granted: false })
      check(await two.settle('u', 'ignored'), { state: 'opened', granted: false, heldFor: 0 })
      check(await one.acquire('v'), { granted: true })
    },
  },
  {
    name: 'refuses reports from before it closed',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      two.known = { ...one.known, epoch: 0 }
      await one.acquire('t')
      await one.settle('t', 'success')
      check(await two.fail(), { state: 'closed', failureCount: 0, granted: false })
      check(await two.fail(), { failureCount: 2, granted: true })
    },
  },
  {
    name: 'keeps a permit for its own lease, whatever lease the processes have that ask meanwhile',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.joinDue({ lease: 10 })
      const brief = await scene.add('brief', { lease: 1 })
      await one.acquire('t')
      await scene.setClock(START + 11 + 9)
      check(await brief.acquire('u'), { granted: false, heldFor: 1 })
      check(await one.ask({ op: 'renew', token: 't', lease: 10 }), { granted: true, heldFor: 10 })
      check(await brief.ask({ op: 'renew', token: 'v', lease: 1 }), { granted: false, heldFor: 10 })
      await scene.setClock(START + 11 + 18)
      check(await one.settle('t', 'success'), { state: 'closed', granted: true })
    },
  },
]
