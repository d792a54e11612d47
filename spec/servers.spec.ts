/** How servers of other Debian releases are found and started. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sourcesOfSuite } from '../scripts/apt-sources.mjs'
import { Running } from '../scripts/run.mjs'
import { wrapper } from '../scripts/server-wrapper.mjs'

const SOURCES = `# The archive of this machine
Types: deb deb-src
# A comment in between
URIs: http://archive.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /keys/archive.gpg

Types: deb
URIs: http://archive.test/debian-security
Suites: bookworm-security
Components: main
Signed-By: /keys/archive.gpg
`

const OTHER = `Types: deb
URIs: http://archive.test/debian
Suites: trixie
Components: main
Signed-By: /keys/archive.gpg`

describe('the sources of another release', () => {
  it('are in the same archives as those of this release, in the format of paragraphs', () => {
    expect(sourcesOfSuite([SOURCES], 'bookworm', 'trixie')).toEqual([OTHER])
  })

  it('are in the same archives as those of this release, in the format of lines', () => {
    const lines = `
      # deb http://commented.test/debian bookworm main
      deb-src http://archive.test/debian bookworm main
      deb [arch=amd64 signed-by=/keys/archive.gpg] http://archive.test/debian bookworm main contrib
      deb http://archive.test/debian bookworm-updates main # later`
    expect(sourcesOfSuite([lines], 'bookworm', 'trixie')).toEqual([OTHER])
  })

  it('are named once, if both formats name them', () => {
    const line = 'deb [signed-by=/keys/archive.gpg] http://archive.test/debian bookworm main'
    expect(sourcesOfSuite([SOURCES, line], 'bookworm', 'trixie')).toEqual([OTHER])
  })

  it('name no key, if apt is to use those that it trusts', () => {
    const line = 'deb http://archive.test/debian bookworm main'
    const [stanza] = sourcesOfSuite([line], 'bookworm', 'bullseye')
    expect(stanza).toBe(
      'Types: deb\nURIs: http://archive.test/debian\nSuites: bullseye\nComponents: main',
    )
  })

  it('keep a key that is written into the source', () => {
    const key = 'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n'
    const text = SOURCES.replace('Signed-By: /keys/archive.gpg\n', key)
    const [stanza] = sourcesOfSuite([text], 'bookworm', 'trixie')
    expect(stanza).toMatch(/^Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n \.\n abc$/m)
  })

  it.each([
    ['that is switched off', SOURCES.replace('Types: deb deb-src', 'Enabled: no\nTypes: deb')],
    ['of something else', 'deb http://other.test/linux nodistro main'],
    ['without the main component', 'deb http://other.test/linux bookworm stable'],
    ['of another release', 'deb http://archive.test/debian sid main'],
  ])('come from no source %s', (_what, text) => {
    expect(sourcesOfSuite([text], 'bookworm', 'trixie')).toEqual([])
  })
})

describe('the script that starts a server with its own libraries', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "axios-breaker server's "))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function executable(name: string, text: string): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, text)
    await chmod(path, 0o755)
    return path
  }

  it('gives the loader its libraries, Lua its modules, the program its arguments, and becomes it', async () => {
    const loader = await executable('loader', '#!/bin/sh\nprintf "%s\\n" "$$" "$LUA_CPATH" "$@"\n')
    const path = await executable('server', wrapper(loader, ['/a b', '/c'], '/d/redis-server'))
    const child = new Running(path, ['redis.conf', '--port', '1 2'])
    await child.end()
    const received = ['--library-path', '/a b:/c', '/d/redis-server', 'redis.conf', '--port', '1 2']
    const modules = '/a b/lua/5.1/?.so;/c/lua/5.1/?.so;;'
    expect(child.output.trim().split('\n')).toEqual([String(child.pid), modules, ...received])
  })
})
