/** The permits of a half-opened circuit: who gets one, and for how long. */
import { MOST_PERMITS } from '../../storage/limits.js'
import { check, must } from './checks.js'
import { START, type Case } from './scene.js'

function grants(permits: number): Case {
  return {
    name: `grants no more than ${permits} at once, whichever process asks first`,
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue({ permits })
      const asked = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).acquire(`t${at}`))
      const granted = (await Promise.all(asked)).filter((answer) => answer.granted)
      must(granted.length === permits, `Expected ${permits} permits, got ${granted.length}`)
      check(await one.read(), { state: 'half-opened', heldFor: 60 })
    },
  }
}

export const PERMITS: readonly Case[] = [
  grants(1),
  grants(3),
  {
    name: `grants no more than ${MOST_PERMITS} at once, whatever the option says`,
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.joinDue({ permits: MOST_PERMITS + 10 })
      let granted = 0
      for (let at = 0; at < MOST_PERMITS + 5; at += 1) {
        granted += Number((await one.acquire(`t${at}`)).granted)
      }
      must(granted === MOST_PERMITS, `Expected ${MOST_PERMITS} permits, got ${granted}`)
      check(await one.read(), { state: 'half-opened', heldFor: 60 })
    },
  },
  {
    name: 'grants the permit again to the token that holds it',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      check(await one.acquire('t'), { granted: true })
      check(await one.acquire('t'), { granted: true })
      check(await two.acquire('u'), { granted: false })
    },
  },
  {
    name: 'grants the permit to another process after the lease, and ignores the former holder',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await scene.setClock(START + 11 + 60)
      check(await two.acquire('u'), { granted: false, heldFor: 0 })
      await scene.setClock(START + 11 + 61)
      check(await two.acquire('u'), { granted: true })
      check(await one.settle('t', 'success'), { state: 'half-opened', granted: false })
      check(await one.ask({ op: 'renew', token: 't', lease: 60 }), { granted: false })
    },
  },
  {
    name: 'says when a permit is free to a process that allows fewer than are lent',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.joinDue({ permits: 3 })
      const few = await scene.add('few', { permits: 2 })
      for (const [index, token] of ['t', 'u', 'v'].entries()) {
        await scene.setClock(START + 11 + 10 * index)
        await one.acquire(token)
      }
      check(await few.acquire('w'), { granted: false, heldFor: 50 })
      await scene.setClock(START + 11 + 61)
      check(await few.acquire('w'), { granted: false, heldFor: 9 })
      check(await few.read(), { heldFor: 9 })
      await scene.setClock(START + 11 + 71)
      check(await few.read(), { heldFor: 0 })
      check(await few.acquire('w'), { granted: true, heldFor: 9 })
    },
  },
  {
    name: 'renews a permit for its holder',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await scene.setClock(START + 11 + 50)
      const renewed = await one.ask({ op: 'renew', token: 't', lease: 60 })
      check(renewed, { granted: true, heldFor: 60 })
      await scene.setClock(START + 11 + 100)
      check(await two.acquire('u'), { granted: false, heldFor: 10 })
    },
  },
  {
    name: 'counts a probe whose permit is over among its permits once it asks to renew it, and ignores its result',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      const renew = { op: 'renew', token: 't', lease: 60 } as const
      await one.acquire('t')
      await scene.setClock(START + 11 + 61)
      await two.acquire('u')
      const { version } = await one.read()
      const placed = await one.ask(renew)
      check(placed, { state: 'half-opened', granted: false, heldFor: 60 })
      must(placed.version > version, `Expected a version above ${version}, got ${placed.version}`)
      check(await two.settle('u', 'ignored'), { granted: true, heldFor: 60 })
      check(await two.acquire('v'), { granted: false })
      check(await one.settle('t', 'success'), { state: 'half-opened', granted: false, heldFor: 0 })
      check(await two.acquire('v'), { granted: true })
    },
  },
  {
    name: 'counts a probe that was sent without a permit until it ends, or until it is not renewed any more',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue({ permits: 2 })
      for (const token of ['t', 'u']) {
        check(await one.ask({ op: 'renew', token, lease: 60 }), { state: 'opened', granted: false })
      }
      check(await two.acquire('v'), { state: 'opened', granted: false, heldFor: 60 })
      await one.settle('t', 'success')
      check(await two.acquire('v'), { state: 'half-opened', granted: true, heldFor: 60 })
      check(await two.acquire('w'), { granted: false })
      await scene.setClock(START + 11 + 61)
      check(await two.acquire('w'), { granted: true })
    },
  },
  {
    name: 'keeps no permit for a probe that is in flight while the circuit is closed',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      const { version } = await one.fail()
      check(await one.ask({ op: 'renew', token: 't', lease: 60 }), { version, granted: false })
      await two.open()
      await scene.setClock(START + 11)
      check(await two.acquire('u'), { granted: true })
    },
  },
  {
    name: 'keeps a permit for no more than one further lease if the clock is set back',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue()
      await one.acquire('t')
      await scene.setClock(START - 3600)
      check(await two.acquire('u'), { granted: false, heldFor: 60 })
      await scene.setClock(START - 3600 + 61)
      check(await two.acquire('u'), { granted: true })
    },
  },
]
