/** An opened circuit: how long it stays opened, and for which process. */
import { check } from './checks.js'
import { START, type Case } from './scene.js'

/** Each process uses its own ttl. */
function lasts(name: string, ttl: number, granted: boolean): Case {
  return {
    name: `stays opened ${name}`,
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
    name: 'grants nothing until its ttl is over, and reports its age',
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
    name: 'refuses reports',
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      const { version } = one.known
      check(await two.fail(), { state: 'opened', version, granted: false })
    },
  },
  lasts('for the ttl of the asking process', 5, true),
  lasts('for no less, even if another process has a shorter ttl', 30, false),
  {
    name: 'stays opened no longer if the clock is set back and a process measured its age',
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
    name: 'stays opened for no more than one further ttl if the clock is set back and no process knows its age',
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
