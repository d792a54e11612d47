/** Rounds of probes: for how long a circuit stays opened, and how many probes decide. */
import { check, must } from './checks.js'
import type { Party } from './process.js'
import { START, type Case } from './scene.js'

const GROWING: Party = { growth: { factor: 2, max: 35, jitter: 0 } }
const SEVERAL: Party = { probes: { needed: 2, of: 3 } }

export const ROUNDS: readonly Case[] = [
  {
    name: 'lasts longer after each round of probes that failed, up to the maximum',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join(GROWING)
      await one.open()
      let now = START
      for (const [at, seconds] of [10, 20, 35, 35].entries()) {
        check(await two.read(), { state: 'opened', round: at + 1 })
        await scene.setClock(now + seconds - 1)
        check(await two.acquire(`t${at}`), { granted: false })
        now += seconds + 1
        await scene.setClock(now)
        check(await two.acquire(`t${at}`), { granted: true })
        await two.settle(`t${at}`, 'failure')
      }
    },
  },
  {
    name: 'begins with the first round again once it has stayed closed for as long as it was opened',
    needs: ['setClock'],
    async run(scene) {
      const [one] = await scene.join(GROWING)
      await one.open()
      await scene.setClock(START + 11)
      await one.acquire('t')
      check(await one.settle('t', 'failure'), { round: 2 })
      await scene.setClock(START + 32)
      await one.acquire('u')
      await one.settle('u', 'success')
      await scene.setClock(START + 51)
      await one.open()
      check(await one.read(), { round: 2 })
      await scene.setClock(START + 72)
      await one.acquire('v')
      await one.settle('v', 'success')
      await scene.setClock(START + 93)
      await one.open()
      check(await one.read(), { round: 1 })
    },
  },
  {
    name: 'ends at the same moment for all processes, with its jitter',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join({ growth: { factor: 2, max: 35, jitter: 1 } })
      await one.open()
      for (let seconds = 9; seconds <= 21; seconds += 1) {
        await scene.setClock(START + seconds)
        const { granted } = await two.acquire('t')
        check(await one.acquire('u'), { granted: false })
        must(granted ? seconds > 9 : seconds < 21, `Expected no end after ${seconds} s`)
        if (granted) return
      }
    },
  },
  {
    name: 'lasts for as long as the service asks, up to what a process allows',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join({ maxRetryAfter: 40 }, {})
      const evidence = { failures: 3, age: 0 }
      await one.ask({ op: 'report', evidence, retryAfter: 30 })
      check(await two.read(), { state: 'opened', retryAfter: 30 })
      await scene.setClock(START + 29)
      check(await one.acquire('t'), { granted: false })
      check(await two.acquire('u'), { granted: true })
      await two.ask({ op: 'settle', token: 'u', outcome: 'failure', retryAfter: 99 })
      await scene.setClock(START + 29 + 39)
      check(await one.acquire('v'), { granted: false, retryAfter: 99 })
      await scene.setClock(START + 29 + 41)
      check(await one.acquire('v'), { granted: true })
    },
  },
  {
    name: 'lasts for as long as the service asks in its answer to any failed probe of the round',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue({ ...SEVERAL, maxRetryAfter: 40 })
      await one.acquire('t')
      await one.ask({ op: 'settle', token: 't', outcome: 'failure', retryAfter: 30 })
      await two.acquire('u')
      const failed = await two.ask({ op: 'settle', token: 'u', outcome: 'failure', retryAfter: 20 })
      check(failed, { state: 'opened', retryAfter: 30 })
    },
  },
  {
    name: 'lasts for as long as the service asks in an answer that opened the circuit of one process',
    async run(scene) {
      const [one, two] = await scene.join({ quorum: 2, maxRetryAfter: 40 })
      await one.ask({ op: 'report', evidence: { failures: 3, age: 0 }, retryAfter: 30 })
      await two.ask({ op: 'report', evidence: { failures: 2, age: 0 }, retryAfter: 35 })
      check(await two.fail(3), { state: 'opened', retryAfter: 30 })
    },
  },
  {
    name: 'closes once enough probes have succeeded, whichever processes sent them',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue(SEVERAL)
      await one.acquire('t')
      check(await one.settle('t', 'success'), { state: 'half-opened', granted: true, heldFor: 0 })
      await two.acquire('u')
      check(await two.settle('u', 'failure'), { state: 'half-opened', granted: true })
      await two.acquire('v')
      check(await two.settle('v', 'ignored'), { state: 'half-opened', granted: true })
      await two.acquire('w')
      check(await two.settle('w', 'success'), { state: 'closed', granted: true })
    },
  },
  {
    name: 'opens as soon as too many probes have failed, and counts the next round anew',
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.joinDue(SEVERAL)
      await one.acquire('t')
      check(await one.settle('t', 'failure'), { state: 'half-opened' })
      await two.acquire('u')
      check(await two.settle('u', 'failure'), { state: 'opened', round: 2 })
      await scene.setClock(START + 22)
      await one.acquire('v')
      check(await one.settle('v', 'failure'), { state: 'half-opened' })
    },
  },
]
