/** Nothing is installed on somebody's machine before they agree. apt-get and sudo are replaced here. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { Running } from '../../scripts/run.mjs'

const PROGRAM = 'breaker-test-program'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'axios-breaker-install-'))
  // The program is there as soon as its package is.
  executable('apt-get', `echo "$*" >> "${folder}/log"\n${create(PROGRAM)}`)
  executable('sudo', 'exec "$@"')
})
afterEach(() => rmSync(folder, { recursive: true }))

function executable(name: string, script: string): void {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

function create(name: string): string {
  const path = `"${folder}/${name}"`
  return `printf '#!/bin/sh\\n' > ${path}; chmod +x ${path}`
}

const SCRIPT = `
  import { installMissing } from '${resolve('scripts/install.mjs')}'
  const wanted = [{ program: '${PROGRAM}', debianPackage: 'its-package' }]
  await installMissing(wanted).then(
    () => console.log('it is there'),
    (error) => console.log(error.message),
  )`

interface Run {
  readonly env?: NodeJS.ProcessEnv
  /** What is typed. Without it there is no terminal. */
  readonly typed?: string
}

/** @returns what was printed */
async function run({ env = {}, typed }: Run): Promise<string> {
  writeFileSync(join(folder, 'run.mjs'), SCRIPT)
  const path = `${folder}${delimiter}${process.env.PATH}`
  const node = [process.execPath, join(folder, 'run.mjs')]
  const [program = '', ...args] =
    typed === undefined ? node : ['script', '-qec', node.join(' '), '/dev/null']
  const running = new Running(program, args, {
    input: typed ?? '',
    env: { CI: '', PATH: path, ...env },
    seconds: 30,
  })
  await running.end()
  return running.stdout
}

function installed(): string[] {
  const log = join(folder, 'log')
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
}

const INSTALLED = [
  expect.stringMatching(/ update -qq$/),
  expect.stringMatching(/ install -y .*its-package$/),
]

it('installs in CI at once', async () => {
  expect(await run({ env: { CI: 'true' } })).toMatch(/it is there\n$/)
  expect(installed()).toEqual(INSTALLED)
})

it.each(['', '0', 'false', 'False', ' '])('takes CI="%s" for no CI', async (CI) => {
  expect(await run({ env: { CI } })).toContain(`${PROGRAM} is missing`)
  expect(installed()).toEqual([])
})

it.each(['y', 'Yes'])('installs in a terminal after the answer %s', async (answer) => {
  const printed = await run({ typed: `${answer}\n` })
  expect(printed).toContain('Install its-package on this machine, with apt-get as root? [y/N]')
  expect(printed).toContain('it is there')
  expect(installed()).toEqual(INSTALLED)
})

it.each(['n', '', 'yesterday'])('installs nothing after the answer "%s"', async (answer) => {
  expect(await run({ typed: `${answer}\n` })).toContain(`${PROGRAM} is missing`)
  expect(installed()).toEqual([])
})

it('installs nothing without a terminal, and says how to install it', async () => {
  expect(await run({})).toBe(
    `${PROGRAM} is missing. On Debian and Ubuntu: apt-get install its-package. ` +
      'Elsewhere, set BREAKER_TEST_PROGRAM to its path.\n',
  )
  expect(installed()).toEqual([])
})

it('installs nothing if a variable names a path without a program', async () => {
  const env = { CI: 'true', BREAKER_TEST_PROGRAM: join(folder, 'nowhere') }
  expect(await run({ env })).toContain(`${PROGRAM} is missing`)
  expect(installed()).toEqual([])
})

it('does nothing if the program is there', async () => {
  executable(PROGRAM, '')
  expect(await run({})).toBe('it is there\n')
  expect(installed()).toEqual([])
})
