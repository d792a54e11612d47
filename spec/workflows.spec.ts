/** The files in .github: they parse, name only what exists, and have no more permissions than they need. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { safeLoad } from 'js-yaml'
import { root } from './support/program.js'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly uses?: string
  readonly steps?: readonly Step[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly container?: { readonly image: string; readonly options?: string }
  readonly env?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> }
  readonly 'timeout-minutes'?: number
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
}

const FOLDER = '.github/workflows'
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const { scripts, engines } = JSON.parse(read('package.json')) as Manifest
const oldestNode = engines.node.replace('>=', '')

const files = readdirSync(join(root, FOLDER))
const workflows = new Map(
  files.map((file) => [file, safeLoad(read(join(FOLDER, file))) as Workflow]),
)
const jobs = [...workflows].flatMap(([file, workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${file}: ${name}`, job })),
)
const steps = jobs.flatMap(({ job }) => job.steps ?? [])
const commands = steps.flatMap(({ run }) => run ?? [])
const jobOf = (file: string, name: string): Job | undefined => workflows.get(file)?.jobs[name]

describe('the workflows', () => {
  it('are those that CONTRIBUTING lists', () => {
    expect(files.toSorted()).toEqual([
      'ci.yml',
      'codeql.yml',
      'long.yml',
      'nightly.yml',
      'release.yml',
    ])
  })

  it('run npm scripts that exist', () => {
    const named = commands.flatMap((command) =>
      Array.from(command.matchAll(/npm (?:run )?([\w:]+)/g), ([, script = '']) => script),
    )
    const ofNpm = new Set(['ci', 'publish'])
    expect(named.filter((name) => !ofNpm.has(name) && scripts[name] === undefined)).toEqual([])
    expect(named).toEqual(expect.arrayContaining(['test', 'package', 'specs:unit', 'coverage']))
  })

  it('run, keep and read files that exist', () => {
    const run = commands.flatMap((command) => command.match(/[\w/.-]+\.mjs/g) ?? [])
    const named = steps.flatMap((step) => [step.with?.path, step.with?.['node-version-file']])
    const paths = [...run, ...named.filter((path) => path !== undefined).map(String)]
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(paths).toContain('scripts/check-release.mjs')
  })

  it('put nothing of an event into a shell, and never run a stranger with more rights', () => {
    expect(commands.filter((command) => command.includes('${{'))).toEqual([])
    const events = [...workflows.values()].flatMap(({ on }) => Object.keys(on))
    expect(events.filter((event) => /_target|workflow_run|issue/.test(event))).toEqual([])
  })

  it.each(jobs.filter(({ job }) => job.steps))('$name ends in bounded time', ({ job }) => {
    expect(job['timeout-minutes']).toBeLessThanOrEqual(180)
  })

  /** Without an init, the first process of a container reaps nobody, and a zombie looks as if it still ran. */
  it.each(jobs.filter(({ job }) => job.container))('$name reaps what has ended', ({ job }) => {
    expect(job.container?.options).toContain('--init')
  })
})

describe('an action', () => {
  const used = files.flatMap((file) =>
    Array.from(read(join(FOLDER, file)).matchAll(/uses: (.*)$/gm), ([, action = '']) => action),
  )
  const foreign = used.filter((action) => !action.startsWith('./'))

  it('of a third party is pinned by its commit, with the version beside it', () => {
    const pinned = /^[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/
    expect(foreign.filter((action) => !pinned.test(action))).toEqual([])
    expect(foreign.length).toBeGreaterThan(5)
  })

  it('has one version everywhere', () => {
    const repositories = (list: readonly string[]) =>
      new Set(list.map((action) => action.split('/', 2).join('/').replace(/@.*/, ''))).size
    const versions = new Set(foreign.map((action) => action.split('@')[1]))
    expect(versions.size).toBe(repositories(foreign))
  })

  it('of our own exists', () => {
    const own = used.filter((action) => action.startsWith('./'))
    const reusable = files.filter((file) => 'workflow_call' in (workflows.get(file)?.on ?? {}))
    expect(new Set(own)).toEqual(new Set(reusable.map((file) => `./${FOLDER}/${file}`)))
    expect(reusable).toEqual(['ci.yml', 'long.yml'])
  })

  it('that checks out leaves no credentials behind', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts.length).toBeGreaterThan(5)
    for (const step of checkouts) expect(step.with?.['persist-credentials']).toBe(false)
  })
})

describe('permissions', () => {
  /** A job that may do more than read the source needs an entry here, and so a review. */
  const MORE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'codeql.yml: analyze': { contents: 'read', 'security-events': 'write' },
    'release.yml: publish': { contents: 'read', 'id-token': 'write' },
  }

  it.each(files)('of %s only allow reading the source', (file) => {
    expect(workflows.get(file)?.permissions).toEqual({ contents: 'read' })
  })

  it.each(jobs)('of $name are no more than it needs', ({ name, job }) => {
    expect(job.permissions).toEqual(MORE[name])
  })
})

describe('ci', () => {
  it('runs the oldest Node that is supported, and newer ones', () => {
    const nodes = jobOf('ci.yml', 'test')?.strategy?.matrix.node ?? []
    expect(nodes[0]).toBe(oldestNode)
    expect(nodes.length).toBeGreaterThan(3)
    expect(jobOf('ci.yml', 'unit')?.strategy?.matrix.node?.[0]).toBe(oldestNode)
  })

  it('runs the unit specs on other systems too', () => {
    const systems = jobOf('ci.yml', 'unit')?.strategy?.matrix.os
    expect(systems).toEqual(['macos-latest', 'windows-latest'])
  })

  it('waits for no server of an old release of Debian, which nightly runs', () => {
    const names = Array.from(
      read('docs/servers.md').matchAll(/^\| `([a-z]+-\d)`/gm),
      ([, name]) => name,
    )
    const named = jobOf('ci.yml', 'matrix')?.env?.SERVERS?.split(' ')
    expect(named).toEqual(names.filter((name) => name !== 'redis-6'))
    expect(names).toContain('redis-6')
    expect(jobOf('nightly.yml', 'matrix')?.env).toBeUndefined()
  })

  it('agrees with .nvmrc', () => {
    expect(read('.nvmrc').trim()).toBe(oldestNode)
  })
})

describe('nightly', () => {
  it('repeats each spec in one group, whatever is added', () => {
    const groups = jobOf('nightly.yml', 'stability')?.strategy?.matrix.specs ?? []
    const patterns = groups.map((group) => new RegExp(group))
    const specs = readdirSync(join(root, 'spec'), { recursive: true })
      .map((path) => `spec/${String(path).replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.spec.ts'))
    const timesIn = (spec: string) => patterns.filter((pattern) => pattern.test(spec)).length
    expect(specs.filter((spec) => timesIn(spec) !== 1)).toEqual([])
    expect(patterns.filter((pattern) => !specs.some((spec) => pattern.test(spec)))).toEqual([])
    expect(groups.length).toBeGreaterThan(1)
  })
})

describe('a release', () => {
  it('publishes only what was checked and tested', () => {
    const release = workflows.get('release.yml')?.jobs as Record<
      string,
      Job & { needs?: string | readonly string[] }
    >
    expect(release.publish?.needs).toEqual(['test', 'long'])
    expect([release.test?.needs, release.long?.needs]).toEqual(['check', 'check'])
    expect(release.test?.uses).toContain('ci.yml')
    expect(release.long?.uses).toContain('long.yml')
  })

  it('is made by a tag alone, with provenance and without a token', () => {
    expect(workflows.get('release.yml')?.on).toEqual({ push: { tags: ['v*'] } })
    expect(read(join(FOLDER, 'release.yml'))).toContain('npm publish --provenance')
    expect(files.filter((file) => read(join(FOLDER, file)).includes('secrets.'))).toEqual([])
  })
})

describe('forms for issues', () => {
  const forms = readdirSync(join(root, '.github/ISSUE_TEMPLATE')).filter(
    (file) => file !== 'config.yml',
  )

  it.each(forms)('%s has a name, and fields with unique ids', (file) => {
    const form = safeLoad(read(join('.github/ISSUE_TEMPLATE', file))) as {
      readonly name: string
      readonly description: string
      readonly body: readonly { readonly type: string; readonly id?: string }[]
    }
    expect(form.name.length * form.description.length).toBeGreaterThan(0)
    const ids = form.body.filter(({ type }) => type !== 'markdown').map(({ id }) => id)
    expect(ids).not.toContain(undefined)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(2)
  })
})

describe('dependency updates', () => {
  const { updates } = safeLoad(read('.github/dependabot.yml')) as {
    readonly updates: readonly {
      readonly 'package-ecosystem': string
      readonly ignore?: readonly { readonly 'dependency-name': string }[]
    }[]
  }

  it('are asked for packages and for actions', () => {
    const kinds = updates.map((update) => update['package-ecosystem'])
    expect(kinds).toEqual(['npm', 'github-actions'])
  })

  it('leave out the old versions that the specs run against', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      readonly devDependencies: Readonly<Record<string, string>>
    }
    const old = Object.keys(devDependencies).filter((name) => /^(axios|redis)-\d/.test(name))
    const ignored = updates[0]?.ignore?.map((entry) => entry['dependency-name'])
    expect(ignored).toEqual(expect.arrayContaining(old))
    expect(old.length).toBeGreaterThan(3)
  })
})

it('names no host: there is none yet', () => {
  const inFolder = readdirSync(join(root, '.github'), { recursive: true, withFileTypes: true })
  const texts = inFolder
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  expect(texts.filter((text) => text.includes('://'))).toEqual([])
  expect(texts.length).toBeGreaterThan(7)
})
