/** A closed circuit that opens by the rate of the whole fleet, as the answers to a poll show it. */
import { check } from './checks.js'
import { count, PARTY, poll, report } from './poll-cases.js'
import type { Party } from './process.js'
import type { Case } from './scene.js'

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
]
