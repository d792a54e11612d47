/** Which command lines are valid, and what is printed about others. */
import fc from 'fast-check'
import { readArguments } from '../../lib/cli/arguments.js'
import { HELP, UsageError } from '../../lib/cli/usage.js'
import { snippetsOf, tableBelow } from '../support/document.js'

const URL = 'redis://localhost'
const WORDS =
  'list watch open close release --url --prefix --for --by --reason --json --help --version'
const target = { url: URL, prefix: undefined, source: 'REDIS_URL' }
const read = (text: string) => readArguments(text.split(' ').filter(Boolean), URL)

it.each(['list', 'watch'] as const)('%s takes the common options', (command) => {
  expect(read(command)).toEqual({ command, target, json: false })
  expect(read(`--json --url redis://other ${command} --prefix orders`)).toEqual({
    command,
    target: { url: 'redis://other', prefix: 'orders', source: '--url' },
    json: true,
  })
})

it('open and close take a name, and for how long, by whom and why', () => {
  const asked = { command: 'force', circuit: 'users', target, json: false }
  const none = { for: undefined, by: undefined, reason: undefined }
  expect(read('open users')).toEqual({ ...asked, state: 'opened', ...none })
  expect(read('close users --for forever')).toEqual({
    ...asked,
    ...none,
    state: 'closed',
    for: Infinity,
  })
  const full = readArguments(['open', 'users', '--for=1h30m', '--by', 'ann', '--reason=a b'], URL)
  expect(full).toEqual({ ...asked, state: 'opened', for: 5400, by: 'ann', reason: 'a b' })
})

it('release takes a name alone', () => {
  expect(read('release users')).toEqual({ command: 'release', circuit: 'users', target, json: false }) // prettier-ignore
})

it('a name may begin with a dash, or be a word of the command line', () => {
  expect(read('release -- --for')).toMatchObject({ circuit: '--for' })
  expect(read('release list')).toMatchObject({ circuit: 'list' })
})

it('help and version need nothing else, and come before any fault', () => {
  expect(readArguments(['--help'], undefined)).toEqual({ command: 'help' })
  expect(readArguments(['open', '--for', 'x', '--help'], undefined)).toEqual({ command: 'help' })
  expect(readArguments(['--version'], undefined)).toEqual({ command: 'version' })
})

it.each([
  ['', 'No command was given: expected list, watch, open, close, release'],
  ['toString', 'Unknown command: expected list'],
  ['list users', 'list takes no names'],
  ['open', 'open needs the name of a circuit'],
  ['close a b', 'close takes one name: quote one with spaces'],
  ['list --for 1h', 'list takes no --for'],
  ['release a --reason b', 'release takes no --reason'],
  ['list --all', 'Unknown option --all'],
  ['list --__proto__', 'Unknown option'],
  ['list -j', 'Unknown option -j'],
  ['list --json=yes', '--json takes no value'],
  ['open a --for', '--for needs a value: --for=VALUE'],
  ['open a --by --json', '--by needs a value'],
  ['open a --for 90', '--for takes a time such as 90s, 5m, 1h30m or 2d, or forever'],
  ['open a --for 0s', '--for takes a time such as'],
  ['open a --for 30d', '--for takes at most 24d, or forever'],
  [`open a --reason ${'x'.repeat(201)}`, '--reason takes at most 200 characters'],
])('%s: %s', (text, message) => {
  expect(() => read(text)).toThrow(UsageError)
  expect(() => read(text)).toThrow(message)
})

it('asks which Redis, if none is named', () => {
  expect(() => readArguments(['list'], undefined)).toThrow('Set the environment variable REDIS_URL')
  expect(() => readArguments(['list'], '')).toThrow('Set the environment variable REDIS_URL')
})

it('shows no password, wherever it is put by mistake', () => {
  const secret = 'redis://ann:hunter2@redis'
  const words = 'list open close users -- --url --for --by --json -x hunter2 --hunter2@x --url=hunter2' // prettier-ignore
  const misplaced = ['', '--url=', '--uri=', '--', '-', '--for=', '--json='].map(
    (before) => before + secret,
  )
  const word = fc.constantFrom(...words.split(' '), ...misplaced)
  const property = fc.property(fc.array(word, { maxLength: 6 }), (args) => {
    const error = errorOf(() => readArguments(args, URL))
    expect(error ?? new UsageError()).toBeInstanceOf(UsageError)
    expect(String(error)).not.toContain('hunter2')
  })
  fc.assert(property, { numRuns: 3000 })
})

describe('the page', () => {
  const page = 'docs/steering.md'
  const words = (text: string) =>
    Array.from(text.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '')

  it('shows command lines that are understood', () => {
    const all = snippetsOf(page).flatMap(({ code }) => code.split('\n'))
    const lines = all.filter((line) => line.startsWith('npx axios-breaker '))
    const commands = lines.map((line) => readArguments(words(line).slice(2), URL).command)
    expect(commands).toEqual(['list', 'watch', 'force', 'force', 'release'])
  })

  it('names each command and each option', () => {
    const rows = (heading: string, column: string) =>
      tableBelow(page, heading).map((row) => row[column] ?? '')
    const named = [
      ...rows('## Command line', 'command'),
      ...rows('belong to `open` and `close`', 'option'),
    ]
    const names = named.flatMap((cell) =>
      Array.from(cell.matchAll(/`([\w-]+)/g), ([, name]) => name),
    )
    expect(new Set(names)).toEqual(new Set(WORDS.split(' ')))
  })
})

function errorOf(job: () => unknown): unknown {
  try {
    job()
    return undefined
  } catch (error) {
    return error
  }
}

it('the help names each option and each command', () => {
  for (const word of WORDS.split(' ')) expect(HELP).toContain(`  ${word}`)
})
