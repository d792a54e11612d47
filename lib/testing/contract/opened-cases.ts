/** An opened circuit: how long it lasts, for whom. */
import { check } from './checks.js'
import { START, type Case } from './scene.js'

/** Each process uses its own configuration. */
function lasts(name: string, ttl: number, granted: boolean): Case {
  return {
    name: `lasts ${name}`,
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join({}, { ttl })
      await one.open()
      await scene.setClock(START + 12)
      check(await two.acquire('t'), { granted })
    },
  }
}

export const OPENED: readonly Case[] = [
  {
    name: 'grants nothing before its ttl is over, and says how long it has lasted',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.join()
      await one.open()
      await scene.setClock(START + 9)
      check(await one.acquire('t'), { state: 'opened', granted: false, openedFor: 9 })
      await scene.setClock(START + 11)
      check(await one.acquire('t'), { state: 'half-opened', granted: true, openedFor: 11 })
    },
  },
  {
    name: 'takes no report any more',
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      const { version } = one.known
      check(await two.fail(), { state: 'opened', version, granted: false })
    },
  },
  lasts('as long as the asking process configures', 5, true),
  lasts('no shorter because another process configures less', 30, false),
  {
    name: 'lasts no longer if the clock is set back, by what a process has measured',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.join()
      await one.open()
      await scene.setClock(START - 3600)
      one.known = { ...one.known, openedFor: 10 }
      check(await one.acquire('t'), { granted: true })
    },
  },
  {
    name: 'lasts one more ttl at most if the clock is set back, for a process that knows nothing',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      await scene.setClock(START - 3600)
      check(await two.acquire('t'), { granted: false })
      await scene.setClock(START - 3600 + 11)
      check(await two.acquire('t'), { granted: true })
    },
  },
]
