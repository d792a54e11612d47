/** Runs a program of another Debian release with the libraries of that release. */
import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * @param {string} loader the dynamic loader of the release
 * @param {readonly string[]} libraries the folders of its libraries
 * @param {string} program
 * @returns {string} a shell script that replaces itself by the program, so that signals reach the program
 */
export function wrapper(loader, libraries, program) {
  const command = [loader, '--library-path', libraries.join(':'), program]
  // Debian's Redis 6.0 loads Lua's cjson from a separate library, and only from its installed path.
  const modules = libraries.map((folder) => `${folder}/lua/5.1/?.so;`)
  const environment = `LUA_CPATH=${quote(`${modules.join('')};`)}`
  return `#!/bin/sh\n${environment} exec ${command.map(quote).join(' ')} "$@"\n`
}

/**
 * Writes the script that runs a program of an unpacked release.
 *
 * @param {string} root
 * @param {string} program
 * @param {string} path
 */
export async function writeWrapper(root, program, path) {
  const libraries = await libraryFolders(root)
  const loader = await findLoader(libraries)
  await writeFile(path, wrapper(loader, libraries, join(root, 'usr/bin', program)))
  await chmod(path, 0o755)
}

/**
 * Finds `lib/x86_64-linux-gnu`, or the folder of another architecture.
 *
 * @param {string} root
 */
async function libraryFolders(root) {
  /** @type {string[]} */
  const found = []
  for (const parent of [join(root, 'usr/lib'), join(root, 'lib')]) {
    const names = await readdir(parent).catch(() => [])
    found.push(...names.filter((name) => /-linux-gnu/.test(name)).map((name) => join(parent, name)))
  }
  return found
}

/** @param {readonly string[]} folders */
async function findLoader(folders) {
  for (const folder of folders) {
    const names = await readdir(folder)
    const loader = names.find((name) => /^ld-linux.*\.so\.\d+$/.test(name))
    if (loader) return join(folder, loader)
  }
  throw new Error('The packages contain no dynamic loader')
}

/** @param {string} text */
const quote = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`
