/** The types as the compilers of apps read them: old ways to look modules up, and other copies of axios. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Running } from '../scripts/run.mjs'

const root = resolve(__dirname, '..')
const LONG = 120_000
const NATIVE = join(root, 'node_modules/@typescript/native/bin/tsc')
/** The last compiler that knows `node10`. */
const OLD = join(root, 'node_modules/typescript/bin/tsc6')
const STRICT = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom']

let project = ''
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'types-'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules/axios-breaker'))
  for (const name of [
    'axios',
    'axios-1.7',
    'axios-1.13',
    'axios-1.18',
    'prom-client',
    'redis',
    '@opentelemetry',
  ]) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
  }
})
afterAll(() => rmSync(project, { recursive: true }))

/** Compiles the files together. @returns what the compiler printed */
async function compile(
  tsc: string,
  files: Readonly<Record<string, string>>,
  options: readonly string[],
): Promise<string> {
  for (const [file, code] of Object.entries(files)) writeFileSync(join(project, file), code)
  const args = [tsc, ...STRICT, ...options, ...Object.keys(files)]
  const running = new Running(process.execPath, args, { cwd: project })
  await running.end()
  return running.output
}

const ENTRIES = `
import axios from 'axios'
import { CircuitBreaker, OpenedStateError, type Circuit } from 'axios-breaker'
import { observeMetrics } from 'axios-breaker/opentelemetry'
import { collectMetrics } from 'axios-breaker/prometheus'
import { RedisStorage } from 'axios-breaker/redis'
import { statusPage } from 'axios-breaker/status-page'
import { defineStorage } from 'axios-breaker/storage'
import { MemoryStorage, TestClock } from 'axios-breaker/testing'

const clock = new TestClock()
const breaker = new CircuitBreaker({ storage: new MemoryStorage({ now: clock.now }), now: clock.now })
const circuit: Circuit = breaker.attach(axios.create(), 'users')
export const all = [observeMetrics, collectMetrics, RedisStorage, statusPage, defineStorage, OpenedStateError, circuit]
`

it(
  'are found under node10, each entry point',
  async () => {
    const old = [
      '--module',
      'commonjs',
      '--moduleResolution',
      'node10',
      '--ignoreDeprecations',
      '6.0',
    ]
    const options = [...old, '--esModuleInterop', '--skipLibCheck']
    const missing = "import 'axios-breaker/nothing'\nexport {}\n"
    const errors = await compile(OLD, { 'node10.ts': ENTRIES, 'nothing.ts': missing }, options)
    expect(errors).toMatch(/^nothing\.ts.*axios-breaker\/nothing[^\n]*\n$/)
  },
  LONG,
)

const COPIES = ['axios', 'axios-1.7', 'axios-1.13', 'axios-1.18']

/** All that an app does with an instance, without a cast. */
const attaching = (copies: readonly string[]): string => `
import { CircuitBreaker, type Attachable } from 'axios-breaker'
${copies.map((copy, index) => `import axios${index}, { Axios as Class${index} } from '${copy}'`).join('\n')}
const breaker = new CircuitBreaker()
${copies
  .map(
    (_, index) => `
breaker.attach(axios${index}, 'global ${index}').detach(axios${index})
const instance${index} = axios${index}.create({ timeout: 2000 })
breaker.attach(instance${index}, 'users')
breaker.circuit('users')?.detach(instance${index})
breaker.attach(new Class${index}({}), 'of the class')
export const attachable${index}: Attachable = instance${index}`,
  )
  .join('\n')}
// @ts-expect-error has no interceptors
breaker.attach({ get: () => undefined }, 'users')
// @ts-expect-error has interceptors of another kind
breaker.attach({ interceptors: { request: {}, response: {} } }, 'users')
// @ts-expect-error is the class and not an instance
breaker.attach(Class0, 'users')
`

it(
  'take instances of every axios from 1.7 on without a cast, in ES modules and in CommonJS',
  async () => {
    const options = ['--module', 'nodenext', '--skipLibCheck']
    const code = attaching(COPIES)
    expect(await compile(NATIVE, { 'app.mts': code, 'app.cts': code }, options)).toBe('')
  },
  LONG,
)

it(
  'take instances that the other module format made',
  async () => {
    const options = ['--module', 'nodenext', '--skipLibCheck']
    const made = "import axios from 'axios'\nexport const users = axios.create()\n"
    const code = `
import { CircuitBreaker } from 'axios-breaker'
import { users } from './made.cjs'
new CircuitBreaker().attach(users, 'users')
`
    expect(await compile(NATIVE, { 'made.cts': made, 'taking.mts': code }, options)).toBe('')
  },
  LONG,
)
