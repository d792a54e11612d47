/** A closed circuit that opens by the rate of the whole fleet, as the answers to a poll show it. */
import { check } from './checks.js'
import { count, PARTY, poll, report } from './poll-cases.js'
import type { Party } from './process.js'
import { START, type Case } from './scene.js'

function decides(
  name: string,
  party: Party,
  answers: readonly [number, number][],
  opens: boolean,
): Case {
  return {
    name,
    needs: ['setClock'],
    async run(scene) {
      const [one, two] = await scene.join({ ...PARTY, ...party })
      const id = await poll(one)
      for (const [at, [requests, failures]] of answers.entries()) {
        const answer = await report(at % 2 ? two : one, { requests, failures, poll: id })
        check(answer, { state: 'closed', granted: true })
      }
      const counted = await count(scene, one)
      check(counted, { state: opens ? 'opened' : 'closed', granted: true })
      check(await two.read(), { state: counted.state, epoch: counted.epoch })
    },
  }
}

/** So many reporters of which each request failed, beside a healthy one with as many requests as one of them. */
function withBroken(name: string, quorum: number, broken: number, opens: boolean): Case {
  return {
    name,
    needs: ['setClock'],
    async run(scene) {
      const party = { ...PARTY, quorum }
      const healthy = await scene.add('healthy', party)
      const id = await poll(healthy)
      await report(healthy, { requests: 10, poll: id })
      for (let left = broken; left > 0; left -= 1) {
        const one = await scene.add(`broken ${left}`, party)
        // The last answer decides at once, together with what the storage has kept of the others.
        if (left === 1) await scene.setClock(START + 0.5)
        const state = left === 1 && opens ? 'opened' : 'closed'
        check(await report(one, { requests: 10, failures: 10, poll: id }), { state, granted: true })
      }
    },
  }
}

export const RATES: readonly Case[] = [
  decides(
    'opens if the answers reach the rate',
    {},
    [
      [10, 10],
      [10, 0],
    ],
    true,
  ),
  decides(
    'stays closed if the answers do not reach the rate',
    {},
    [
      [10, 10],
      [11, 0],
    ],
    false,
  ),
  decides(
    'stays closed if the answers are fewer than the minimum',
    {},
    [
      [5, 5],
      [4, 4],
    ],
    false,
  ),
  decides(
    'leaves out the worst reporters',
    { quorum: 2 },
    [
      [50, 50],
      [10, 5],
    ],
    true,
  ),
  decides(
    'needs the rate without the worst reporters',
    { quorum: 2 },
    [
      [50, 50],
      [10, 4],
    ],
    false,
  ),
  decides(
    'does not leave out a busy reporter with few errors instead of the worst one',
    { quorum: 2 },
    [
      [1000, 20],
      [15, 15],
    ],
    false,
  ),
  decides(
    'takes the processes of one reporter together',
    { quorum: 2, reporter: 'host' },
    [
      [50, 50],
      [50, 50],
    ],
    false,
  ),
  withBroken('leaves out as many reporters as a large quorum says', 33, 32, false),
  withBroken('leaves out 32 reporters at most', 34, 33, true),
]
