/** The list of forced circuits after losses, and its bounds. */
import { MOST_FORCES, MOST_LIFTED } from '../../storage/limits.js'
import { check, checkAscending, must } from './checks.js'
import { bothKnow, CLOSED, expectForced, OPENED, standing } from './force-scene.js'
import { START, type Case } from './scene.js'

export const FORCE_LOSSES: readonly Case[] = [
  {
    name: 'are restored by a process that knows them, until their end',
    needs: ['forces', 'setClock', 'forget'],
    async run(scene) {
      const [one, two] = await scene.join()
      await one.force({ ...OPENED, endsIn: 60 })
      await scene.forget()
      one.ageForces(20)
      await one.readForces()
      check(standing(two, await two.readForces()) ?? {}, { ...OPENED, endsIn: 40 })
      await scene.setClock(START + 41)
      expectForced(two, await two.readForces())
    },
  },
  {
    name: 'are not brought back by a process that has slept since they were lifted',
    needs: ['forces'],
    async run(scene) {
      const [one, two] = await bothKnow(scene, OPENED)
      await one.unforce()
      expectForced(two, await two.readForces())
    },
  },
  {
    name: 'are not brought back even if the storage has lost that they were lifted',
    needs: ['forces', 'forget'],
    async run(scene) {
      const [one, two] = await bothKnow(scene, OPENED)
      const asleep = two.knownForces
      await one.unforce()
      await scene.forget()
      await one.readForces()
      two.knownForces = asleep
      expectForced(two, await two.readForces())
      await scene.forget()
      two.knownForces = asleep
      await two.readForces()
      expectForced(one, await one.readForces())
    },
  },
  {
    name: 'are not brought back after their lifting was forgotten',
    needs: ['forces', 'setClock', 'forget'],
    async run(scene) {
      const [one, two] = await bothKnow(scene, OPENED)
      const asleep = two.knownForces
      await one.unforce()
      for (let count = 0; count <= MOST_LIFTED; count += 1) await one.unforce(`${count}`)
      const { lifted } = await one.readForces()
      const names = lifted.map(({ circuit }) => circuit)
      must(!names.includes(one.circuit), `Expected no more than ${MOST_LIFTED} lifted circuits to be remembered, got ${names.length}`) // prettier-ignore
      two.knownForces = asleep
      expectForced(two, await two.readForces())
    },
  },
  {
    name: 'outlive a loss of the storage, even if it has got another force since',
    needs: ['forces', 'setClock', 'forget'],
    async run(scene) {
      await scene.forget()
      const [one] = await bothKnow(scene, OPENED)
      await scene.forget()
      await scene.setClock(START + 1)
      const three = await scene.add('three')
      await three.force(CLOSED, 'other')
      const answer = await one.readForces()
      expectForced(one, answer, 'opened')
      check(standing(one, answer, 'other') ?? {}, { state: 'closed' })
    },
  },
]

export const FORCE_BOUNDS: readonly Case[] = [
  {
    name: 'get growing versions, even after a loss and with a clock that was set back',
    needs: ['forces', 'setClock', 'forget'],
    async run(scene) {
      const [one] = await scene.join()
      const versions = [(await one.force(OPENED)).version, (await one.unforce()).version]
      await scene.forget()
      await scene.setClock(10)
      versions.push((await one.force(OPENED)).version)
      checkAscending('version', versions)
    },
  },
  {
    name: 'ignore a version of the far future that a process knows',
    needs: ['forces', 'setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      const version = 1e15
      const known = { ...OPENED, circuit: one.circuit, version }
      one.knownForces = { version, forces: [known], lifted: [], floor: version }
      await one.readForces()
      expectForced(two, await two.readForces())
      await two.force(CLOSED)
      expectForced(two, await two.readForces(), 'closed')
    },
  },
  {
    name: `stand on ${MOST_FORCES} circuits at most`,
    needs: ['forces', 'forget'],
    async run(scene) {
      const [one] = await scene.join()
      await scene.forget()
      const forces = Array.from({ length: MOST_FORCES }, (_item, index) => ({
        ...CLOSED,
        circuit: `${one.circuit}${index}`,
        version: 1,
      }))
      one.knownForces = { version: 1, forces, lifted: [], floor: 0 }
      await one.readForces()
      const { granted, forces: left } = await one.force(OPENED)
      must(!granted && left.length === MOST_FORCES, 'Expected one more force not to be granted')
      const again = await one.force(OPENED, '0')
      must(again.granted, 'Expected another word on a forced circuit to be granted')
      await scene.forget()
    },
  },
]
