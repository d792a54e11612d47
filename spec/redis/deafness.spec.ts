/** When a connection is replaced because its server answers, but delivers no messages. */
import { Deafness } from '../../lib/redis/deafness.js'

let now: number
beforeEach(() => {
  jest.spyOn(performance, 'now').mockImplementation(() => now * 1000)
})
afterEach(() => jest.restoreAllMocks())

/** @returns of the messages that were missed at these seconds, those that another connection is due at */
function dueAt(deafness: Deafness, seconds: readonly number[]): number[] {
  return seconds.filter((second) => {
    now = second
    return deafness.missed()
  })
}

it('another connection is due if a message is missed 10 s after another, and no more than once a minute', () => {
  expect(dueAt(new Deafness(), [0, 9, 10, 11, 69, 70, 71, 129, 130])).toEqual([10, 70, 130])
})

it('a message that arrives ends the incident, but not the minute', () => {
  const deafness = new Deafness()
  expect(dueAt(deafness, [0, 10, 20])).toEqual([10])
  deafness.reset()
  expect(dueAt(deafness, [50, 60, 69, 70])).toEqual([70])
  deafness.reset()
  expect(dueAt(deafness, [135, 144, 145])).toEqual([145])
})
