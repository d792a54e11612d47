/** The README promises nothing that is not so: its code compiles and runs, its tables are the truth. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import axios from 'axios'
import { CircuitBreaker, type CircuitOptions, type EventName } from '../lib/index.js'
import { resolveSharing } from '../lib/storage/sharing.js'
import { PASSWORD, RULE, USER } from './support/acl.js'
import { runScript } from './support/run-script.js'
import { Upstream } from './support/upstream.js'

const root = resolve(__dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  )
}

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
}

const PACKAGES = [
  '@opentelemetry',
  '@types',
  'axios',
  'express',
  'fastify',
  'pino',
  'prom-client',
  'redis',
]

function surrounded(code: string): string {
  let whole = code
  for (const [name, declaration] of Object.entries(SURROUNDINGS).toReversed()) {
    const isUsed = new RegExp(`(?<![./'\\w-])${name}\\b`).test(whole)
    const isDeclared = new RegExp(`(const|import) ({[^}]*)?\\b${name}\\b`).test(whole)
    if (isUsed && !isDeclared) whole = `${declaration}\n${whole}`
  }
  return `${whole}\nexport {}\n`
}

let project = ''
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'readme-'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules/axios-breaker'))
  for (const name of PACKAGES) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
})
afterAll(() => rmSync(project, { recursive: true }))

describe('code', () => {
  it('compiles, each snippet of it', () => {
    const files = blocks('ts').map((code, index) => {
      const file = join(project, `snippet-${index}.ts`)
      writeFileSync(file, surrounded(code))
      return file
    })
    const tsc = join(root, 'node_modules/@typescript/native/bin/tsc')
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022']
    const args = [tsc, ...options, '--lib', 'es2023,dom', '--types', '', '--skipLibCheck', ...files]
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' })
    expect(stdout + stderr).toBe('')
    expect(files.length).toBeGreaterThan(5)
  }, 60_000)

  it('in CommonJS runs', () => {
    const [code = ''] = blocks('js')
    const script = `${code}; console.log(new CircuitBreaker().circuits, new OpenedStateError('a', { state: 'opened', retryAfter: 1 }) instanceof Error)`
    const { stdout } = spawnSync(process.execPath, ['--eval', script], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(stdout).toBe('[] true\n')
  })

  it('at the top runs, and prints what is said below it', async () => {
    const upstream = await Upstream.start()
    const [first = ''] = blocks('ts')
    const tried = first.slice(first.indexOf('try {'))
    const failures =
      'for (let i = 0; i < 5; i += 1) await users.get("/status/500").catch(() => 0)\n'
    const script = first
      .replace('http://users.internal', upstream.origin)
      .replace('try {', `${failures}try {`)
    const output = await runScript(script, { cwd: root })
    await upstream.stop()
    expect(tried).toContain('OpenedStateError')
    expect(shapeOf(output)).toBe(shapeOf(blocks('text')[0] ?? ''))
  }, 20_000)
})

/** The digits of a time differ from run to run. */
function shapeOf(output: string): string {
  return output.replace(/\d+(\.\d+)?/g, 'N')
}

describe('the table', () => {
  const rows = (heading: string): string[][] => {
    const from = readme.indexOf(heading)
    if (from < 0) throw new Error(`The README has no ${heading}`)
    const table =
      readme
        .slice(from)
        .split('\n\n')
        .find((part) => part.startsWith('|')) ?? ''
    return table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
  }
  const code = (cell = ''): string => cell.replaceAll('`', '')

  it('of the options has each with its default', () => {
    const named = Object.fromEntries(
      rows('## Options').map(([name, , value]) => [code(name), code(value)]),
    )
    expect(named).toEqual({ ...defaults(), outcome: '', fallback: '' })
  })

  it("of RedisStorage's options has each with its default", () => {
    const named = Object.fromEntries(
      rows('Options of `new RedisStorage(options)`').map(([name, , value]) => [
        code(name),
        code(value),
      ]),
    )
    const sharing = Object.entries(resolveSharing({}, 'the process')).map(([name, value]) => [
      name,
      String(value),
    ])
    const own = { url: '', client: '', prefix: 'axios-breaker' }
    expect(named).toEqual({ ...Object.fromEntries(sharing), ...own })
  })

  it('of the events has each', () => {
    const known = messageOf(() => new CircuitBreaker().on('no event' as EventName, () => undefined))
    const [, list = ''] = /expected one of (.*), given/.exec(known) ?? []
    const named = rows('## Events').map(([name]) => code(name))
    expect(named.toSorted((a, b) => a.localeCompare(b))).toEqual(list.split(', '))
  })

  it('of the errors has each that is exported', () => {
    const exported = readFileSync(join(root, 'lib/index.ts'), 'utf8').match(/\w+Error\b/g)
    expect(new Set(rows('## Errors').map(([name]) => code(name)))).toEqual(new Set(exported))
  })
})

it('shows a ConfigError as it is', () => {
  const message = messageOf(() => new CircuitBreaker().attach(axios.create(), 'users', { ttl: -1 }))
  expect(blocks('text').map((block) => block.trim())).toContain(message)
})

it('asks for no more permissions than are proved to be enough', () => {
  expect(readme).toContain(`ACL SETUSER ${USER} ${RULE.replace(PASSWORD, 'password')}\n`)
})

it('links to what is there', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/redis-outages.md',
    'docs/recipes.md',
    'docs/testing.md',
    'examples/microservices/README.md',
    'monitoring/README.md',
  ]
  const links = documents.flatMap((document) =>
    [...readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, link = '']) => join(root, dirname(document), link),
    ),
  )
  expect(links.filter((link) => !existsSync(link))).toEqual([])
  expect(links.length).toBeGreaterThan(3)
})

it('names commands that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const documents = readme + readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const named = [...documents.matchAll(/npm (?:run )?(demo|bench|test[:\w]*)/g)].map(
    ([, name = '']) => name,
  )
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(named)]))
})

/** Each default, as the error says it that meets one that differs. */
function defaults(): Record<string, string> {
  const options = ['threshold', 'ttl', 'permits', 'probeTimeout'] satisfies (keyof CircuitOptions)[]
  return Object.fromEntries(
    options.map((option) => {
      const breaker = new CircuitBreaker()
      breaker.attach(axios.create(), 'users')
      const attach = () => breaker.attach(axios.create(), 'users', { [option]: 987 })
      return [option, /Expected (\S+), given 987/.exec(messageOf(attach))?.[1] ?? 'unknown']
    }),
  )
}

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('Nothing was thrown')
}
