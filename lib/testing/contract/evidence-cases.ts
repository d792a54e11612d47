/** How long a failure counts, and how much. */
import { MOST_REPORTED } from '../../storage/limits.js'
import { check } from './checks.js'
import { START, type Case } from './scene.js'

/** A failure counts for the ttl of the asking process, but no longer than a minute. */
function counts(name: string, ttl: number, seconds: number): Case {
  return {
    name: `counts a failure for ${name}`,
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join({ ttl })
      await one.fail(2)
      await scene.setClock(START + seconds - 1)
      check(await two.read(), { failureCount: 2 })
      await scene.setClock(START + seconds + 1)
      check(await two.read(), { failureCount: 0 })
      check(await two.fail(), { state: 'closed', failureCount: 1 })
    },
  }
}

export const EVIDENCE: readonly Case[] = [
  counts('the ttl', 10, 10),
  counts('a minute, if the ttl is longer', 600, 60),
  {
    name: 'takes the age of a failure from its report',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.fail(2, 8)
      check(await two.fail(1, 11), { state: 'closed', failureCount: 2 })
      await scene.setClock(START + 3)
      check(await two.read(), { failureCount: 0 })
    },
  },
  {
    name: 'does not count a failure longer if the clock is set back',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.fail()
      await scene.setClock(START - 3600)
      await two.fail()
      await scene.setClock(START - 3600 + 11)
      check(await two.read(), { failureCount: 0 })
    },
  },
  {
    name: 'leaves out the `quorum - 1` worst reporters',
    async run(scene) {
      const [one, two] = await scene.join({ quorum: 2 })
      for (let count = 1; count <= 5; count += 1) {
        check(await one.fail(), { state: 'closed', failureCount: count })
      }
      check(await two.fail(2), { state: 'closed', failureCount: 7 })
      check(await two.fail(), { state: 'opened', failureCount: 8 })
    },
  },
  {
    name: 'leaves out all processes of a reporter together',
    async run(scene) {
      const [one, two] = await scene.join({ quorum: 2, reporter: 'host' })
      await one.fail(9)
      check(await two.fail(9), { state: 'closed' })
      const other = await scene.add('other', { quorum: 2 })
      check(await other.fail(3), { state: 'opened' })
    },
  },
  {
    name: `keeps the evidence of no more than ${MOST_REPORTED} processes`,
    async run(scene) {
      const party = { threshold: 1e6, quorum: 2 }
      const names = Array.from({ length: MOST_REPORTED + 20 }, (_, index) => `more-${index}`)
      const many = await Promise.all(names.map((name) => scene.add(name, party)))
      await Promise.all(many.map((process) => process.fail()))
      const [one] = await scene.join(party)
      check(await one.read(), { failureCount: MOST_REPORTED })
    },
  },
  {
    name: 'drops the oldest evidence of the reporters that have the most, if there is too much',
    async run(scene) {
      const shared = { threshold: 1e6, quorum: 2, ttl: 60 }
      const half = Array.from({ length: MOST_REPORTED / 2 }, (_, index) => index)
      const add = (reporter: string) =>
        Promise.all(half.map((index) => scene.add(`${reporter}-${index}`, { ...shared, reporter })))
      const [newer, older] = [await add('newer'), await add('older')]
      await Promise.all([...newer, ...older.slice(1)].map((process) => process.fail()))
      await older[0]?.fail(1000, 30)
      const [one] = await scene.join(shared)
      check(await one.fail(), { failureCount: MOST_REPORTED })
    },
  },
  {
    name: 'drops all evidence when an outage ends, even if the clock was set back',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.open()
      await scene.setClock(START - 3600)
      one.known = { ...one.known, openedFor: 10 }
      await one.ask({ op: 'acquire', token: 't' })
      await one.ask({ op: 'settle', token: 't', outcome: 'success' })
      check(await two.read(), { state: 'closed', failureCount: 0 })
    },
  },
]
