/** Finds programs that are not npm packages, and says how to get a missing one. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * @typedef {object} Wanted
 * @property {string} program
 * @property {string} debianPackage that contains the program
 */

/**
 * Gives the path in a variable such as CHROMIUM or REDIS_SERVER, or the program on the PATH.
 *
 * @param {string} program
 * @returns {string | undefined} undefined if there is none
 */
export function findProgram(program) {
  const given = process.env[variableOf(program)]
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const places = given ? [given] : folders.map((folder) => join(folder, program))
  return places.find(isExecutable)
}

/**
 * Like `findProgram`, but throws if there is none.
 *
 * @param {string} program
 * @param {string} [debianPackage]
 * @returns {string}
 * @throws {Error} if there is none: says how to get it
 */
export function requireProgram(program, debianPackage = program) {
  const path = findProgram(program)
  if (path) return path
  throw new Error(howToGet([{ program, debianPackage }]))
}

/**
 * @param {readonly Wanted[]} missing
 * @returns {string}
 */
export function howToGet(missing) {
  const names = missing.map(({ program }) => program)
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))]
  const variables = names.map(variableOf).join(', ')
  const verb = names.length === 1 ? 'is' : 'are'
  const paths = names.length === 1 ? `${variables} to its path` : `${variables} to their paths`
  return (
    `${names.join(', ')} ${verb} missing. On Debian and Ubuntu: ` +
    `apt-get install ${packages.join(' ')}. Elsewhere, set ${paths}.`
  )
}

/** @param {string} program */
export function variableOf(program) {
  return program.toUpperCase().replaceAll('-', '_')
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
