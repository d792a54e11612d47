/** What stops a release: a tag, a version and a changelog that do not agree, or a package without a repository. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Running } from '../scripts/run.mjs'
import { root } from './support/program.js'

const READY = {
  tag: 'v1.2.0',
  manifest: { version: '1.2.0', repository: 'somewhere/axios-breaker' } as object,
  changelog: '# Changelog\n\n## 1.2.0 (2026-11-26)\n\n- **fix:** a.\n\n## 1.1.0\n',
}

async function check({ tag, manifest, changelog }: typeof READY) {
  const folder = mkdtempSync(join(tmpdir(), 'axios-breaker-release-'))
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
    const script = join(root, 'scripts/check-release.mjs')
    const running = new Running(process.execPath, [script, tag], { cwd: folder })
    const { code } = await running.end()
    return { status: code, stdout: running.stdout, stderr: running.stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('lets a release pass that agrees with itself', async () => {
  const passed = { status: 0, stderr: '', stdout: 'v1.2.0 may be released\n' }
  expect(await check(READY)).toEqual(passed)
  expect(await check({ ...READY, changelog: '## 1.2.0\n' })).toEqual(passed)
})

it.each<[string, Partial<typeof READY>, string]>([
  ['another tag', { tag: 'v1.2.1' }, 'The tag is "v1.2.1", but package.json asks for "v1.2.0".'],
  ['a tag without v', { tag: '1.2.0' }, 'The tag is "1.2.0"'],
  ['no tag', { tag: '' }, 'The tag is ""'],
  ['no entry', { changelog: '## 1.1.0\n' }, 'The newest entry of CHANGELOG.md is "1.1.0".'],
  ['an entry that only begins so', { changelog: '## 1.2.0-rc.1\n' }, 'Write one for 1.2.0.'],
  ['an empty changelog', { changelog: '' }, 'The newest entry of CHANGELOG.md is "".'],
  ['an unreleased entry', { changelog: '## 1.2.0 (unreleased)\n' }, 'Replace that by the date.'],
  ['no repository', { manifest: { version: '1.2.0' } }, 'package.json has no "repository".'],
])('stops one with %s', async (_, change, message) => {
  const { status, stdout, stderr } = await check({ ...READY, ...change })
  expect(stderr).toContain(message)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
})

it('names all that is wrong at once', async () => {
  const { stderr } = await check({ tag: 'v9.9.9', manifest: { version: '1.2.0' }, changelog: '' })
  expect(stderr.trim().split('\n')).toHaveLength(3)
})
