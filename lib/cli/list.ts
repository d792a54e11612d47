/** `axios-breaker list` */
import type { Target } from './arguments.js'
import { placeOf } from './connect.js'
import { printError, paint, print, printJson } from './output.js'
import { documentOf, inOrder } from './rows.js'
import { Session } from './session.js'
import { survey, type Survey } from './survey.js'
import { tableOf } from './table.js'

const DEFAULT_PREFIX = 'axios-breaker'
const LIMITS = [
  'This shows circuits that failed or opened lately, since those have a key in Redis, and forced ones.',
  'It cannot show healthy circuits, which have no key, or those of processes without this storage.',
]

export async function list(target: Target, json: boolean): Promise<void> {
  const session = await Session.open(target)
  try {
    const found = await survey(session)
    if (json) printJson(whole(target, found))
    else for (const line of [...page(target, found), '', ...limits()]) print(line)
    if (found.missing !== undefined) printError(missingText(found.missing))
  } finally {
    await session.close()
  }
}

function whole({ prefix = DEFAULT_PREFIX }: Target, { rows, missing }: Survey): object {
  const circuits = inOrder(rows).map((row) => documentOf(row))
  return { prefix, isComplete: missing === undefined, circuits }
}

/** The table, or that there is nothing to show. */
export function page(target: Target, { rows, missing }: Survey): string[] {
  if (rows.length > 0) return tableOf(rows, paint())
  const none = missing === undefined ? 'No circuit has a key in Redis, and none' : 'No circuit'
  const { prefix = DEFAULT_PREFIX } = target
  return [`${none} is forced (${placeOf(target)}, prefix ${prefix})`]
}

export function missingText(reason: string): string {
  return `Only forced circuits are shown, since Redis lets this user list no keys: allow +scan (${reason})`
}

function limits(): string[] {
  return LIMITS.map((line) => paint()(line, 'dim'))
}
