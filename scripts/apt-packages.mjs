/** Unpacks a package of another Debian release into a folder, with its dependencies. It installs nothing. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sourcesOfSuite } from './apt-sources.mjs'
import { findProgram } from './programs.mjs'
import { run } from './run.mjs'

const APT = '/etc/apt'
const SECONDS = 600

/**
 * @param {{ suite: string, name: string }} wanted
 * @param {string} folder a new one, for apt's own files
 * @param {string} root where the packages are unpacked
 */
export async function unpackPackage({ suite, name }, folder, root) {
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!findProgram(program)) throw new Error(`there is no ${program} here`)
  }
  const options = await aptOptions(suite, folder)
  await run('apt-get', [...options, 'update'], { seconds: SECONDS })
  const install = ['install', '--download-only', '--yes', '--no-install-recommends', name]
  await run('apt-get', [...options, ...install], { seconds: SECONDS })
  const archives = join(folder, 'cache/archives')
  const packages = (await readdir(archives)).filter((file) => file.endsWith('.deb'))
  await mkdir(root, { recursive: true })
  for (const file of packages) await run('dpkg-deb', ['-x', join(archives, file), root])
}

/**
 * Configures an apt that knows one source and no installed package, so that it fetches libraries as well.
 *
 * @param {string} suite
 * @param {string} folder
 */
async function aptOptions(suite, folder) {
  const source = join(folder, 'apt.sources')
  const status = join(folder, 'status')
  await mkdir(join(folder, 'state/lists/partial'), { recursive: true })
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
  await writeFile(status, '')
  await writeFile(source, `${(await sources(suite)).join('\n\n')}\n`)
  const settings = {
    'Dir::Etc::sourcelist': source,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': status,
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Retries': '3',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** @param {string} suite */
async function sources(suite) {
  const { codename } = await distribution()
  const texts = await Promise.all((await sourceFiles()).map((file) => readFile(file, 'utf8')))
  const found = sourcesOfSuite(texts, codename, suite)
  if (found.length > 0) return found
  throw new Error(`apt has no source of this machine's release, ${codename}, under ${APT}`)
}

async function sourceFiles() {
  const parts = await namesIn(join(APT, 'sources.list.d'))
  const files = parts.filter((file) => /\.(?:list|sources)$/.test(file)).toSorted()
  const single = await namesIn(APT)
  return [
    ...single.filter((file) => file === 'sources.list').map((file) => join(APT, file)),
    ...files.map((file) => join(APT, 'sources.list.d', file)),
  ]
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>} none if there is no such folder
 */
function namesIn(folder) {
  return readdir(folder).catch(() => [])
}

async function distribution() {
  const text = await readFile('/etc/os-release', 'utf8')
  return { codename: text.match(/^VERSION_CODENAME="?([^"\n]+)/m)?.[1] ?? 'stable' }
}
