/** What a terminal shows of names and texts that others chose, and of times. */
import fc from 'fast-check'
import { secondsIn, spanText } from '../../lib/cli/duration.js'
import type { Row } from '../../lib/cli/rows.js'
import { tableOf } from '../../lib/cli/table.js'
import { harmless, jsonText, shown, widthOf } from '../../lib/cli/text.js'
import { INITIAL_SNAPSHOT } from '../../lib/storage/initial-snapshot.js'
import { snippetsOf } from '../support/document.js'

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u001B', '\u009B', '\u0007', '\r', '\n', '\0', '\u202E', '\u2028', '\uD800'),
    fc.constantFrom('\u{E0001}', '"', '\\', ' ', '👩‍🚀', '用', 'e\u0301'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 150,
})

describe('texts of others', () => {
  it('have no character that a terminal acts upon', () => {
    const property = fc.property(nasty, (text) => {
      expect(shown(text)).not.toMatch(UNSAFE)
      expect(harmless(text).replaceAll('\n', '')).not.toMatch(UNSAFE)
      expect(jsonText({ [text]: [text] })).not.toMatch(UNSAFE)
    })
    fc.assert(property, { numRuns: 2000 })
  })

  it('are not cut in JSON', () => {
    const property = fc.property(nasty, (text) => {
      expect(JSON.parse(jsonText({ text }))).toEqual({ text })
    })
    fc.assert(property, { numRuns: 2000 })
  })

  it('are shown as they are if they are unambiguous, and quoted otherwise', () => {
    expect(['users', 'GET /users', 'üsers', '用户', "it's"].map(shown)).toEqual([
      'users',
      'GET /users',
      'üsers',
      '用户',
      "it's",
    ])
    const quoted = ['', ' users', 'users ', '"users"', 'a\u001B[2Jb', 'a  b', '\\u{1b}'].map(shown)
    expect(quoted).toEqual([
      '""',
      '" users"',
      '"users "',
      String.raw`"\"users\""`,
      String.raw`"a\u001b[2Jb"`,
      '"a  b"',
      String.raw`"\\u{1b}"`,
    ])
  })

  it('are cut if they are long', () => {
    expect(shown('x'.repeat(101))).toBe(`${'x'.repeat(100)}…`)
    expect(widthOf(shown('👩'.repeat(100)))).toBeLessThan(210)
  })

  it('keep the columns of a table in line', () => {
    const property = fc.property(fc.array(nasty, { minLength: 1, maxLength: 5 }), (names) => {
      const rows = names.map((circuit) => ({
        circuit,
        ownState: 'closed' as const,
        snapshot: { ...INITIAL_SNAPSHOT, failureCount: 7 },
      }))
      const lines = tableOf(rows, (text) => text)
      const columns = lines
        .slice(1)
        .map((line) => widthOf(line.slice(0, line.lastIndexOf('closed'))))
      expect(new Set(columns).size).toBe(1)
    })
    fc.assert(property, { numRuns: 500 })
  })
})

it('the page shows a table as it is', () => {
  const sample = snippetsOf('docs/steering.md').find(
    ({ heading, language }) => heading === 'Command line' && language === 'text',
  )
  const opened = {
    ...INITIAL_SNAPSHOT,
    failureCount: 5,
    openedFor: 35,
    cause: 'streak' as const,
    lastFailure: { status: 503 },
  }
  const force = { state: 'opened' as const, by: 'ann', reason: 'moving the database', endsIn: 3492 }
  const rows: Row[] = [
    { circuit: 'users', ownState: 'closed', forced: { ...force, circuit: 'users', version: 1 } },
    { circuit: 'orders', ownState: 'closed', snapshot: { ...INITIAL_SNAPSHOT, failureCount: 2 } },
    { circuit: 'avatars', ownState: 'opened', snapshot: opened },
  ]
  const table = tableOf(rows, (text) => text)
  expect(sample?.code.split('\n').slice(0, table.length)).toEqual(table)
})

describe('times', () => {
  const count = fc.nat(500)

  it('are sums of units, the greatest first', () => {
    const property = fc.property(count, count, count, count, (days, hours, minutes, seconds) => {
      const parts = [days && `${days}d`, hours && `${hours}h`, minutes && `${minutes}m`]
      const text = [...parts, `${seconds}s`].filter(Boolean).join('')
      expect(secondsIn(text)).toBe(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    })
    fc.assert(property)
    expect(['90s', '5m', '1h', '2d', '1h30m'].map(secondsIn)).toEqual([90, 300, 3600, 172_800, 5400]) // prettier-ignore
  })

  it.each(['', '5', 's', '1.5h', '-5s', '5 m', '30m1h', '5m5m', '1H', '٣s', '1e3s', 'Infinity'])(
    'do not accept %j',
    (text) => {
      expect(secondsIn(text)).toBeUndefined()
    },
  )

  it('are written as they are read, with the two greatest units', () => {
    const property = fc.property(fc.nat(2_147_483), (seconds) => {
      const again = Number(secondsIn(spanText(seconds)))
      expect(again).toBeLessThanOrEqual(seconds)
      expect(again).toBeGreaterThan(seconds - Math.max(1, seconds / 24))
    })
    fc.assert(property)
    expect([0, 0.5, 59.9, 60, 3599, 3600, 5400, 90_061].map(spanText)).toEqual([
      '0s',
      '0s',
      '59s',
      '1m',
      '59m59s',
      '1h',
      '1h30m',
      '1d1h',
    ])
  })
})
