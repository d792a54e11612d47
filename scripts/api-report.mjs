/**
 * Compares the public API of each entry point with its report in api, and fails if they differ. With
 * `--update` it writes the reports instead. It reads dist, so build first.
 *
 * The option that the core adds to axios's request config is in no report: spec/types.spec.ts has it.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { Checks } from './checks.mjs'
import { inTemporaryFolder, root } from './consumer.mjs'

const manifest = createRequire(import.meta.url)('../package.json')
const REPORTS = join(root, 'api')
/** Without the DOM, which would make axios-breaker's `Storage` a `Storage_2`. */
const COMPILER = {
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2022'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
}

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } })
const checks = new Checks()

await inTemporaryFolder(async (folder) => {
  mkdirSync(REPORTS, { recursive: true })
  const entries = Object.entries(manifest.exports).filter(([, target]) => target.import)
  for (const [subpath, target] of entries) {
    await checks.check(`api: ${join(manifest.name, subpath)}`, () =>
      checkEntry(nameOf(subpath), join(root, target.import.types), folder),
    )
  }
  await checks.check('api: no report without an entry point', () =>
    checkNoOthers(entries.map(([subpath]) => fileOf(nameOf(subpath)))),
  )
})
checks.end()

/**
 * @param {string} name
 * @param {string} declarations
 * @param {string} folder
 */
function checkEntry(name, declarations, folder) {
  /** @type {string[]} */
  const problems = []
  const { apiReportChanged } = Extractor.invoke(configure(name, declarations, folder), {
    localBuild: values.update,
    messageCallback: (message) => {
      message.handled = true
      if (message.logLevel === ExtractorLogLevel.Error) problems.push(message.text)
    },
  })
  if (problems.length > 0) throw new Error(problems.join('\n'))
  if (!apiReportChanged) return 'unchanged'
  if (values.update) return 'updated'
  throw new Error(
    `${differences(name, folder)}\nIf you mean this change, run npm run api:update and commit the report.`,
  )
}

/**
 * @param {string} name
 * @param {string} declarations
 * @param {string} folder
 */
function configure(name, declarations, folder) {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: COMPILER, files: [declarations] } },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: fileOf(name),
        reportFolder: REPORTS,
        reportTempFolder: folder,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  })
}

/**
 * Shows differences with git, which every contributor has.
 *
 * @param {string} name
 * @param {string} folder
 */
function differences(name, folder) {
  const [before, after] = [REPORTS, folder].map((where) => join(where, fileOf(name)))
  const args = ['diff', '--no-index', '--no-color', before, after]
  try {
    return execFileSync('git', args, { encoding: 'utf8' })
  } catch (error) {
    return error.stdout
  }
}

/** @param {readonly string[]} expected */
function checkNoOthers(expected) {
  const others = readdirSync(REPORTS).filter((file) => !expected.includes(file))
  if (values.update) for (const file of others) rmSync(join(REPORTS, file))
  else if (others.length > 0) throw new Error(`Delete ${others.join(', ')}, or npm run api:update`)
}

/** @param {string} subpath */
function nameOf(subpath) {
  return subpath === '.' ? manifest.name : basename(subpath)
}

/** @param {string} name */
function fileOf(name) {
  return `${name}.api.md`
}
