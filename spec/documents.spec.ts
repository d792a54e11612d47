/** All documents: their code compiles, and what they link to or name exists, in the package too. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { run, runNode } from '../scripts/run.mjs'
import { App, PAGES, PUBLISHED, read, root, snippetsOf, tablesOf } from './support/document.js'

const IMAGES = 'docs/images'
const MAX_BYTES = 200_000
const DOCUMENTS = [
  ...PUBLISHED,
  'CODE_OF_CONDUCT.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  '.github/pull_request_template.md',
  'examples/microservices/README.md',
  'monitoring/README.md',
]

interface Link {
  readonly document: string
  readonly file: string
  readonly anchor: string
}

/** Links that do not lead to another site. */
function linksOf(document: string): readonly Link[] {
  const links = read(document).matchAll(/\]\(<?(?!https?:)([^)#>]*)#?([^)>]*)>?\)/g)
  return Array.from(links, ([, path = '', anchor = '']) => {
    const file = path === '' ? document : normalize(join(dirname(document), path))
    return { document, file, anchor }
  })
}

const links = DOCUMENTS.flatMap((document) => linksOf(document))

/** The anchor of a heading, as Markdown hosts make it. */
function anchorsOf(document: string): readonly string[] {
  const headings = read(document).matchAll(/^#+ (.*)$/gm)
  return Array.from(headings, ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('links', () => {
  it('lead to files that exist', () => {
    expect(links.filter(({ file }) => !existsSync(join(root, file)))).toEqual([])
    expect(links.length).toBeGreaterThan(30)
  })

  it('lead to headings that exist', () => {
    const anchored = links.filter(({ anchor }) => anchor !== '')
    expect(anchored.filter(({ file, anchor }) => !anchorsOf(file).includes(anchor))).toEqual([])
    expect(anchored).not.toEqual([])
  })

  it('of published pages lead to published files', async () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const { stdout } = await run('npm', args, { cwd: root })
    const [packed] = Object.values(JSON.parse(stdout)) as { files: { path: string }[] }[]
    const files = packed?.files.map(({ path }) => path) ?? []
    expect(files).toEqual(expect.arrayContaining(PUBLISHED))
    const outside = links.filter(
      ({ document, file }) => PUBLISHED.includes(document) && !files.includes(file),
    )
    expect(outside).toEqual([])
  })

  it('of the README lead to each page', () => {
    const linked = new Set(linksOf('README.md').map(({ file }) => file))
    expect(PAGES.filter((page) => !linked.has(page))).toEqual([])
  })
})

describe('pictures', () => {
  const shown = links.map(({ file }) => file).filter((file) => /\.(?:png|svg)$/.test(file))

  it('load quickly', () => {
    expect(shown.length).toBeGreaterThan(2)
    expect(shown.filter((image) => statSync(join(root, image)).size > MAX_BYTES)).toEqual([])
  })

  it('are all shown by a page', () => {
    const kept = readdirSync(join(root, IMAGES)).map((name) => join(IMAGES, name))
    expect(kept.filter((image) => !shown.includes(image))).toEqual([])
  })

  it('are not in the README, since a registry would not show them', () => {
    expect(read('README.md')).not.toContain('![')
  })
})

describe('what the pages name exists in the source:', () => {
  const text = DOCUMENTS.map((document) => read(document)).join('\n')

  it('files and folders', () => {
    const paths = text.matchAll(
      /`((?:bench|docs|examples|lib|monitoring|scripts|spec)\/[\w./-]+)`/g,
    )
    const named = Array.from(paths, ([, path = '']) => path)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(named.length).toBeGreaterThan(5)
  })

  it('the specs of each claim in a table', () => {
    const files = readdirSync(join(root, 'spec'), { recursive: true }) as string[]
    const specs = files.map((file) => file.replaceAll('\\', '/').replace(/(\.spec\.ts|\.mjs)$/, ''))
    const named = DOCUMENTS.flatMap((document) => tablesOf(read(document)).flat()).flatMap((row) =>
      Array.from((row.spec ?? '').matchAll(/`([^`]+)`/g), ([, name = '']) => name),
    )
    const isThere = (name: string): boolean =>
      specs.some((spec) => spec === name || spec.endsWith(`/${name}`))
    expect(named.filter((name) => !isThere(name))).toEqual([])
    expect(named.length).toBeGreaterThan(60)
  })

  it('commands', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = Array.from(text.matchAll(/npm run ([\w:]+)/g), ([, name = '']) => name)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
    expect(named).not.toEqual([])
  })
})

/** What a snippet uses and does not declare itself. */
const SURROUNDINGS: Readonly<Record<string, string>> = {
  axios: "import axios from 'axios'",
  CircuitBreaker: "import { CircuitBreaker } from 'axios-breaker'",
  users: 'const users = axios.create()',
  avatars: 'const avatars = axios.create()',
  breaker: 'const breaker = new CircuitBreaker()',
  express: "import express from 'express'",
  Fastify: "import Fastify from 'fastify'",
  statusPage: "import { statusPage } from 'axios-breaker/status-page'",
  app: 'const app = express()',
  fastify: 'const fastify = Fastify()',
  page: 'const page = statusPage(breaker)',
  sessionOf:
    'declare const sessionOf: (request: object) => Promise<{ isOperator: boolean; user: string }>',
}

function surrounded(code: string): string {
  let whole = code
  for (const [name, declaration] of Object.entries(SURROUNDINGS).toReversed()) {
    const isUsed = new RegExp(`(?<![./'\\w-])${name}\\b`).test(whole)
    const isDeclared = new RegExp(`(const|import) ({[^}]*)?\\b${name}\\b`).test(whole)
    if (isUsed && !isDeclared) whole = `${declaration}\n${whole}`
  }
  return `${whole}\nexport {}\n`
}

describe('code', () => {
  /** Each with a spec that runs all code in them. */
  const RUN = new Set(['docs/recipes.md', 'docs/storages.md', 'docs/testing.md'])
  const snippets = PUBLISHED.filter((document) => !RUN.has(document)).flatMap((document) =>
    snippetsOf(document).map((snippet) => ({ ...snippet, document })),
  )
  const of = (language: string) => snippets.filter((snippet) => snippet.language === language)

  it('in TypeScript compiles, snippet by snippet', async () => {
    const app = new App()
    const files = of('ts').map(({ document, code }, index) =>
      app.write(`${document.replaceAll(/\W/g, '-')}-${index}.ts`, surrounded(code)),
    )
    const tsc = join(root, 'node_modules/@typescript/native/bin/tsc')
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022']
    const args = [tsc, ...options, '--lib', 'es2023,dom', '--types', '', '--skipLibCheck', ...files]
    const { output } = await runNode(args, { cwd: app.folder }).finally(() => app.remove())
    expect(output).toBe('')
    expect(files.length).toBeGreaterThan(10)
  }, 60_000)

  it('in JavaScript is only in pages whose code another spec runs', () => {
    expect(new Set(of('js').map(({ document }) => document))).toEqual(new Set(['docs/steering.md']))
  })

  it('in JSON can be parsed', () => {
    expect(of('json').map(({ code }) => typeof JSON.parse(code))).toContain('object')
  })

  it('tells no caller to come back at once, as retryAfter does while a circuit is half-opened', () => {
    const examples = readdirSync(join(root, 'examples'), { recursive: true }) as string[]
    const programs = examples.filter((file) => /\.[mc]?[jt]s$/.test(file))
    const files = [...PUBLISHED, ...programs.map((file) => join('examples', file))]
    const rounded = files.flatMap(
      (file) => read(file).match(/.*Math\.ceil\(\S*retryAfter\).*/g) ?? [],
    )
    expect(rounded.filter((line) => !/Math\.max\(1, Math\.ceil\(/.test(line))).toEqual([])
    expect(rounded.length).toBeGreaterThan(3)
  })

  it('is only in languages that a spec checks', () => {
    const languages = new Set(snippets.map(({ language }) => language))
    expect([...languages].toSorted()).toEqual(['js', 'json', 'mermaid', 'sh', 'text', 'ts'])
  })
})
