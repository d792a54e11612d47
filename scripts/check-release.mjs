/**
 * Checks before a release that the tag, the version in package.json and the newest entry of the changelog
 * agree, and that package.json says where the source is: the registry refuses provenance without it.
 *
 * Usage: node scripts/check-release.mjs v1.2.3, in the folder of the package.
 */
import { readFileSync } from 'node:fs'

const [tag = ''] = process.argv.slice(2)
const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8'))
const [, entry = ''] = readFileSync('CHANGELOG.md', 'utf8').match(/^## (.*)$/m) ?? []

const problems = []
if (tag !== `v${version}`) {
  problems.push(`The tag is ${JSON.stringify(tag)}, but package.json asks for "v${version}".`)
}
if (entry.split(' ')[0] !== version) {
  problems.push(`The newest entry of CHANGELOG.md is "${entry}". Write one for ${version}.`)
}
if (entry.includes('unreleased')) {
  problems.push('CHANGELOG.md still calls this version unreleased. Replace that by the date.')
}
if (!repository) {
  problems.push('package.json has no "repository". Name the one that publishes.')
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`${tag} may be released`)
