/** The machine and the versions that the benchmark ran with. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const COMPARED = ['axios', 'axios-retry', 'cockatiel', 'mollitia', 'opossum', 'redis']

export function about() {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cores: availableParallelism(),
    versions: Object.fromEntries(COMPARED.map((name) => [name, versionOf(name)])),
  }
}

/**
 * @param {string} name
 * @returns {string}
 */
function versionOf(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).version
}
