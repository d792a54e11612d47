/** What is written next to the examples and the alerts links to what is there, and shows small pictures. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './support/program.js'

const IMAGES = 'docs/images'
const MAX_BYTES = 200_000

const documents = ['examples/microservices/README.md', 'monitoring/README.md']
const links = documents.flatMap((document) =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/\]\(<?(?!https?:|#)([^)#]+)/g)].map(
    ([, link = '']) => join(dirname(document), link),
  ),
)

it('links to what is there', () => {
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([])
})

it('shows pictures that load quickly', () => {
  const shown = links.filter((link) => link.endsWith('.png'))
  expect(shown.length).toBeGreaterThan(2)
  expect(shown.filter((image) => statSync(join(root, image)).size > MAX_BYTES)).toEqual([])
})

it('keeps no picture of these that it does not show', () => {
  const kept = readdirSync(join(root, IMAGES)).filter((name) => /^(prometheus|status)/.test(name))
  expect(kept.map((name) => join(IMAGES, name)).filter((image) => !links.includes(image))).toEqual(
    [],
  )
})

it('names commands that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const text = documents.map((document) => readFileSync(join(root, document), 'utf8')).join('\n')
  const named = Array.from(text.matchAll(/npm run (\w+)/g), ([, name = '']) => name)
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  expect(named).not.toEqual([])
})
