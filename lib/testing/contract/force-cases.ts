/** Forced circuits: whose word counts, when it ends, and who learns of it. */
import { check, eventually, must } from './checks.js'
import { bothKnow, CLOSED, expectForced, OPENED, standing } from './force-scene.js'
import { START, type Case } from './scene.js'

const NAMES = ['', '/b', '|b', ' b', '{b}', 'ä', '🐸', '"', '\n', '\\', 'x'.repeat(900)]
const DAY = 86_400

/** As long as it may be. */
function byOf(name: string): string {
  return name.slice(0, 200) || 'ann'
}

export const FORCES: readonly Case[] = [
  {
    name: 'are read by other processes, with who, why, and for how long',
    needs: ['forces', 'setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      const { granted } = await one.force({ ...OPENED, endsIn: 60 })
      must(granted, 'Expected the force to be granted')
      await scene.setClock(START + 10)
      const force = standing(two, await two.readForces())
      check(force ?? {}, { ...OPENED, endsIn: 50 })
    },
  },
  {
    name: 'stay until they are lifted, unless they have an end',
    needs: ['forces', 'setClock'],
    async run(scene) {
      const [one, two] = await bothKnow(scene, OPENED)
      await scene.setClock(START + 3 * DAY)
      const answer = await two.readForces()
      expectForced(two, answer, 'opened')
      const { endsIn } = standing(two, answer) ?? {}
      must(endsIn === undefined, `Expected no end, got ${endsIn} s`)
      await one.unforce()
      expectForced(two, await two.readForces())
    },
  },
  {
    name: 'follow the last command, whichever process sends it and whatever that process knows',
    needs: ['forces'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.force(OPENED)
      await two.force(CLOSED)
      expectForced(one, await one.readForces(), 'closed')
      await one.force(OPENED)
      expectForced(two, await two.readForces(), 'opened')
      const three = await scene.add('three')
      await three.unforce()
      expectForced(one, await one.readForces())
    },
  },
  {
    name: "end by the storage's clock",
    needs: ['forces', 'setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.force({ ...OPENED, endsIn: 10 })
      await scene.setClock(START + 9)
      expectForced(two, await two.readForces(), 'opened')
      await scene.setClock(START + 11)
      expectForced(two, await two.readForces())
      expectForced(one, await one.readForces())
    },
  },
  {
    name: 'last no longer than they were given if the clock is set back',
    needs: ['forces', 'setClock'],
    async run(scene) {
      const [, two] = await bothKnow(scene, { ...OPENED, endsIn: 10 })
      await scene.setClock(START - 3600)
      const { endsIn = Infinity } = standing(two, await two.readForces()) ?? {}
      must(endsIn <= 10, `Expected an end within 10 s, got ${endsIn} s`)
      await scene.setClock(START - 3600 + 11)
      expectForced(two, await two.readForces())
    },
  },
  {
    name: 'stand on circuits of any name',
    needs: ['forces'],
    async run(scene) {
      const [one, two] = await scene.join()
      for (const name of NAMES) await one.force({ ...CLOSED, by: byOf(name) }, name)
      const answer = await two.readForces()
      for (const name of NAMES) {
        check(standing(two, answer, name) ?? {}, { state: 'closed', by: byOf(name) })
      }
    },
  },
]

export const ANNOUNCED: readonly Case[] = [
  {
    name: 'are announced to the other processes',
    needs: ['forces'],
    async run(scene) {
      const [one, two] = await scene.join()
      const { version } = await one.force(OPENED)
      await eventually('the other process learns of the force', scene.messageDeadline, async () =>
        two.announced.includes(version),
      )
    },
  },
  {
    name: 'are announced by a routine read, although nothing has changed',
    needs: ['forces'],
    async run(scene) {
      const [one, two] = await bothKnow(scene, OPENED)
      const { version } = one.knownForces
      const before = two.announced.length
      await eventually('the other process learns of a read', scene.messageDeadline, async () => {
        await one.readForces(true)
        return two.announced.slice(before + 1).includes(version)
      })
    },
  },
]

export const NAMED: readonly Case[] = [
  {
    name: 'are listed by their names',
    needs: ['circuits'],
    async run(scene) {
      const [one] = await scene.join()
      const names = NAMES.map((name) => `${one.circuit}${name}`)
      for (const name of names) {
        await one.ask({ op: 'report', evidence: { failures: 1, age: 0 } }, name)
      }
      const listed = await one.names()
      for (const name of names) {
        const count = listed.filter((other) => other === name).length
        must(count === 1, `Expected ${JSON.stringify(name)} to be listed once, got ${count} times`)
      }
    },
  },
]
