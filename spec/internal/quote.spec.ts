/** Names in messages: on one line, whatever a tenant calls itself. */
import fc from 'fast-check'
import { quote } from '../../lib/internal/quote.js'

const character = fc.oneof(
  fc.constantFrom('a', 'Z', '9', '_', ' ', '.', '/', ':', '-'),
  fc.constantFrom('"', '\\', '\n', '\t', '\u0000', '\u007F', '\u202E', '\uD800'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)
const name = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''))

it('shows any name so that JavaScript reads it back, without an invisible character', () => {
  fc.assert(
    fc.property(name, (text) => {
      const quoted = quote(text)
      expect(quoted).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      // oxlint-disable-next-line no-eval -- JSON knows no \u{...}
      expect((0, eval)(quoted)).toBe(text)
    }),
  )
})

it('cuts a long name', () => {
  expect(quote('a'.repeat(100))).toBe(`"${'a'.repeat(100)}"`)
  expect(quote('a'.repeat(101))).toBe(`"${'a'.repeat(100)}…"`)
  expect(quote('orders', 3)).toBe('"ord…"')
})
