/**
 * Makes a later release of the package from this build: commands have a further argument, and keys, messages
 * and answers a further field. This release must tolerate what it does not know.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

type Edit = readonly [file: string, from: string, to: string]

/** The field that the later release adds to a key. */
export const ADDED = { field: 'next', value: 'of the next release' }

const MORE_FIELDS: readonly Edit[] = [
  ['wire.js', 'const given = {', `const given = { next: '${ADDED.value}',`],
  ['lua/write.js', `'version', whole(`, `'${ADDED.field}', given.next, 'version', whole(`],
  ['lua/write.js', `'"version":%.0f`, `'"next":[1],"version":%.0f`],
]
const LATER_FORMAT: Edit = ['formats.js', 'MESSAGE_FORMAT = 2', 'MESSAGE_FORMAT = 3']

/** Possible later releases: one only adds fields, one sends messages that this release cannot read. */
export const NEXT_RELEASES: Readonly<Record<string, readonly Edit[]>> = {
  'with more fields': MORE_FIELDS,
  'with messages in a later format': [...MORE_FIELDS, LATER_FORMAT],
}

/** A release before this one, which knows no forced circuits. */
export const WITHOUT_FORCES: readonly Edit[] = [
  ['connection.js', 'async forces(', 'async someLaterMethod('],
  ['message.js', 'circuit === LIST && isWhole(forces)', 'false'],
]

export interface Build {
  readonly folder: string
  remove(): Promise<void>
}

export async function makeNextRelease(edits: readonly Edit[]): Promise<Build> {
  const folder = await mkdtemp(join(tmpdir(), 'axios-breaker-next-'))
  await cp(resolve('dist/esm'), folder, { recursive: true })
  await symlink(resolve('node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  for (const edit of edits) await apply(join(folder, 'redis'), edit)
  return { folder, remove: () => rm(folder, { recursive: true }) }
}

/** An edit must match exactly one place, or the later release would not differ. */
async function apply(folder: string, [file, from, to]: Edit): Promise<void> {
  const parts = (await readFile(join(folder, file), 'utf8')).split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`)
  await writeFile(join(folder, file), parts.join(to))
}
