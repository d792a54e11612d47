/** Versions and epochs: which of two snapshots is newer. */
import { INITIAL_SNAPSHOT } from '../../storage/initial-snapshot.js'
import { check, checkAscending, must } from './checks.js'
import { START, type Case } from './scene.js'

/** Later than any clock can show. */
const NO_VERSION = 1e15

function disbelieves(version: number): Case {
  return {
    name: `ignore ${version}, which lies in the far future`,
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join()
      one.known = { ...INITIAL_SNAPSHOT, version, epoch: version }
      const answer = await one.fail()
      const newest = Math.max(answer.epoch, answer.version)
      must(newest < NO_VERSION, `Expected versions of the storage's clock, got ${newest}`)
      check(await two.fail(2), { state: 'opened' })
    },
  }
}

export const VERSIONS: readonly Case[] = [
  {
    name: 'grow with every change, and epochs with every transition',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.join()
      const versions: number[] = []
      const epochs: number[] = []
      for (let round = 1; round <= 3; round += 1) {
        for (let count = 0; count < 3; count += 1) versions.push((await one.fail()).version)
        epochs.push(one.known.epoch)
        await scene.setClock(START + 11 * round)
        epochs.push((await one.acquire('t')).epoch)
        epochs.push((await one.settle('t', 'success')).epoch)
        versions.push(one.known.version)
      }
      checkAscending('version', versions)
      checkAscending('epoch', epochs)
    },
  },
  {
    name: 'grow beyond what the process knows, even if the storage lost its data',
    needs: ['setClock', 'forget'],
    async run(scene) {
      const [one] = await scene.join()
      await one.fail()
      const { version } = one.known
      await scene.forget()
      await scene.setClock(10)
      checkAscending('version', [version, (await one.fail()).version])
    },
  },
  disbelieves(NO_VERSION),
  disbelieves(Number.MAX_SAFE_INTEGER),
]
