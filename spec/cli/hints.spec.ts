/** Which circuits `watch` reads because of messages, whatever names those have. */
import { Hints } from '../../lib/cli/hints.js'

const NAMES = Array.from({ length: 5000 }, (_, index) => `users-${index}`)

it('gives each circuit once, in the order of the messages', () => {
  const hints = new Hints()
  for (const name of ['users', 'orders', 'users']) hints.add(name)
  expect(hints.take()).toEqual(['users', 'orders'])
  expect(hints.isEmpty).toBe(true)
  expect(hints.take()).toEqual([])
})

it('gives few at a time, and the next ones later', () => {
  const hints = new Hints()
  for (const name of NAMES.slice(0, 150)) hints.add(name)
  expect(hints.take()).toEqual(NAMES.slice(0, 100))
  expect(hints.isEmpty).toBe(false)
  expect(hints.take()).toEqual(NAMES.slice(100, 150))
})

it('keeps no more than a thousand', () => {
  const hints = new Hints()
  for (const name of NAMES) hints.add(name)
  const taken: string[] = []
  while (!hints.isEmpty) taken.push(...hints.take())
  expect(taken).toEqual(NAMES.slice(0, 1000))
})

it('keeps no name like a book', () => {
  const hints = new Hints()
  hints.add('x'.repeat(1001))
  expect(hints.isEmpty).toBe(true)
  hints.add('x'.repeat(1000))
  expect(hints.isEmpty).toBe(false)
})
