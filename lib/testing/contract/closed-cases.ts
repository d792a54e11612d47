/** A closed circuit: what processes report about it, and when it opens. */
import { INITIAL_SNAPSHOT } from '../../storage/initial-snapshot.js'
import { check, must } from './checks.js'
import type { Case } from './scene.js'

export const CLOSED: readonly Case[] = [
  {
    name: 'is the initial state, and reading does not change it',
    async run(scene) {
      const [one] = await scene.join()
      check(await one.read(), INITIAL_SNAPSHOT)
      check(await one.read(), INITIAL_SNAPSHOT)
    },
  },
  {
    name: 'counts the failures of all processes, and opens at the threshold',
    async run(scene) {
      const [one, two] = await scene.join()
      check(await one.fail(), { state: 'closed', failureCount: 1, epoch: 0, granted: true })
      check(await two.fail(), { state: 'closed', failureCount: 2, epoch: 0, granted: true })
      const opened = await one.fail()
      check(opened, { state: 'opened', failureCount: 3, granted: true, epoch: opened.version })
      must(opened.openedFor < 5, 'Expected an outage that has just begun to be short')
    },
  },
  {
    name: 'accepts several failures in one report',
    async run(scene) {
      const [one] = await scene.join()
      check(await one.fail(3), { state: 'opened', failureCount: 3 })
    },
  },
  {
    name: 'replaces the report of a process by its next one',
    async run(scene) {
      const [one, two] = await scene.join({ threshold: 9 })
      await one.fail(2)
      await two.fail(3)
      check(await one.fail(), { state: 'closed', failureCount: 6 })
    },
  },
  {
    name: "drops a process's failures after its success, and keeps those of others",
    async run(scene) {
      const [one, two] = await scene.join({ threshold: 4 })
      await one.fail(2)
      await two.fail()
      check(await one.succeed(), { state: 'closed', failureCount: 1, granted: true })
      check(await two.fail(), { state: 'closed', failureCount: 2 })
    },
  },
  {
    name: 'opens at the threshold of the reporting process',
    async run(scene) {
      const [one, two] = await scene.join({ threshold: 9 }, { threshold: 2 })
      check(await one.fail(3), { state: 'closed' })
      check(await two.fail(), { state: 'opened', failureCount: 4 })
    },
  },
  {
    name: 'grants a permit to every process that asks',
    async run(scene) {
      const [one] = await scene.join()
      check(await one.acquire('t'), { state: 'closed', granted: true, heldFor: 0 })
    },
  },
  {
    name: 'keeps the reason of a report, or none',
    async run(scene) {
      const [one, two] = await scene.join()
      const reason = { code: 'ECONNRESET', status: 503 }
      await one.ask({ op: 'report', evidence: { failures: 3, age: 0 }, reason })
      const { state, lastFailure } = await two.read()
      must(state === 'opened', 'Expected three failures to open the circuit')
      const kept = JSON.stringify(lastFailure)
      const isAsGiven = lastFailure?.code === reason.code && lastFailure.status === reason.status
      must(!lastFailure || isAsGiven, `Expected lastFailure to be as reported, got ${kept}`)
    },
  },
]
