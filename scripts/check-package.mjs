/** Packs the library, and checks what users would install: its files, types and size, and that it works. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { Checks } from './checks.mjs'
import {
  RESOLUTIONS,
  compileTypes,
  createConsumer,
  devDependencies,
  inTemporaryFolder,
  pack,
  root,
  runCommandLine,
  tellStory,
  watchStates,
} from './consumer.mjs'
import { run, runNode } from './run.mjs'

const PAGES = readdirSync(join(import.meta.dirname, '../docs')).filter((name) =>
  name.endsWith('.md'),
)
/** Includes the pictures that the pages show. */
const DOCUMENTS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
  .concat(PAGES.map((name) => `docs/${name}`))
  .concat(
    ['prometheus-state.png', 'rules.svg', 'status-page.png'].map((name) => `docs/images/${name}`),
  )
const MODULES = ['', 'fleet/', 'redis/', 'status-page/', 'testing/']
  .map((folder) => `${folder}index`)
  .concat(['metrics/prometheus/index', 'metrics/opentelemetry/index'])
const ENTRIES = ['esm', 'cjs'].flatMap((format) =>
  MODULES.flatMap((module) => [`dist/${format}/${module}.js`, `dist/${format}/${module}.d.ts`]),
)

const checks = new Checks()

/**
 * @param {string} name
 * @param {string[]} args
 */
const tool = (name, ...args) => run(join(root, 'node_modules/.bin', name), args, { cwd: root })

await inTemporaryFolder(async (folder) => {
  const { tarball, files } = await pack(folder)
  await checks.check('package: nothing but the build and its documents', () => checkFiles(files))
  await checks.check('package: publint', async () => {
    await tool('publint', 'run', tarball, '--strict')
  })
  await checks.check('package: are the types wrong', async () => {
    await tool('attw', tarball, '--profile', 'node16')
  })
  await checks.check('package: size', checkSize)
  await checks.check('package: no dead export or unused dependency', async () => {
    await tool('knip')
  })
  await checks.check('package: the public API is as reported in api', async () => {
    await runNode([join(root, 'scripts/api-report.mjs')])
  })
  await checks.check('package: the core runs without Node', checkNoBuiltIn)
  await checkConsumer(folder, tarball)
  await checkMonitoring(folder, tarball)
})
checks.end()

/** @param {readonly string[]} files */
function checkFiles(files) {
  const missing = ENTRIES.filter((entry) => !files.includes(entry))
  assert.deepEqual(missing, [], `Not built: ${missing.join(', ')}`)
  assert.deepEqual(
    files.filter((file) => !file.startsWith('dist/')).toSorted(),
    DOCUMENTS.toSorted(),
  )
  return `${files.length} files`
}

async function checkSize() {
  const { stdout } = await tool('size-limit', '--json')
  /** @type {{ name: string, size: number }[]} */
  const sizes = JSON.parse(stdout)
  return sizes.map(({ name, size }) => `${name} ${(size / 1000).toFixed(1)} kB`).join(', ')
}

/** For a browser esbuild refuses Node's built-in modules; axios is the only package left outside. */
async function checkNoBuiltIn() {
  const { metafile } = await build({
    entryPoints: [join(root, 'dist/esm/index.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external: ['axios'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.map(({ path }) => path),
  )
  assert.deepEqual([...new Set(outside)], ['axios'])
}

/**
 * @param {string} folder
 * @param {string} tarball
 */
async function checkConsumer(folder, tarball) {
  const consumer = join(folder, 'consumer')
  await checks.check('consumer: the tarball installs', async () => {
    await createConsumer(consumer, { axios: devDependencies.axios, 'axios-breaker': tarball })
    assert(existsSync(join(consumer, 'node_modules/axios-breaker/dist')))
  })
  await checks.check('consumer: ESM', () => tellStory(consumer, 'esm.mjs'))
  await checks.check('consumer: CommonJS', () => tellStory(consumer, 'cjs.cjs'))
  await checks.check('consumer: the command line', () => runCommandLine(consumer))
  for (const resolution of RESOLUTIONS) {
    await checks.check(`consumer: TypeScript, ${resolution.name}`, () =>
      compileTypes(consumer, resolution),
    )
  }
}

/**
 * Adds the optional packages that the other consumers do without.
 *
 * @param {string} folder
 * @param {string} tarball
 */
async function checkMonitoring(folder, tarball) {
  const consumer = join(folder, 'monitoring')
  const { axios, 'prom-client': prometheus, '@opentelemetry/api': api } = devDependencies
  const packages = { axios, 'prom-client': prometheus, '@opentelemetry/api': api }
  await checks.check('monitoring: the tarball installs', () =>
    createConsumer(consumer, { ...packages, 'axios-breaker': tarball }, 'monitoring.ts'),
  )
  for (const file of ['monitoring.mjs', 'monitoring.cjs']) {
    await checks.check(`monitoring: ${file}`, () => watchStates(consumer, file))
  }
  for (const resolution of RESOLUTIONS) {
    await checks.check(`monitoring: TypeScript, ${resolution.name}`, () =>
      compileTypes(consumer, resolution),
    )
  }
}
