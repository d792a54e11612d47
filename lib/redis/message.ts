/** What the script publishes: `format|signature|fields`, the fields as JSON. */
import { property } from '../internal/property.js'
import { MESSAGE_FORMAT } from './formats.js'
import { LIST } from './force-commands.js'
import { isWhole, parsed, snapshotOf, type Timed } from './snapshot.js'
import { sha1 } from './wire.js'

const START = `${MESSAGE_FORMAT}|`
const SIGNATURE = 40
const PROCESS = /^[\w-]*$/
/** In characters. A message is longer only if its circuit has a name as long as a book. */
const LONGEST = 100_000

export interface Message extends Timed {
  readonly circuit: string
  readonly process: string
  /** The version of the list of forced circuits, if the message is about that list and no circuit. */
  readonly forces?: number | undefined
  isSignedWith(secret: string): boolean
}

/** @returns undefined if this release cannot read the text: another format, or no message at all */
export function parseMessage(text: unknown): Message | undefined {
  const message = String(text)
  if (message.length > LONGEST || !message.startsWith(START)) return undefined
  const [signature, body] = split(message.slice(START.length))
  const fields = parsed(body)
  const [circuit, process] = [property(fields, 'circuit'), property(fields, 'process')]
  const timed = snapshotOf(fields)
  if (!timed || typeof circuit !== 'string' || !PROCESS.test(String(process))) return undefined
  const forces = property(fields, 'forces')
  const isSignedWith = (secret: string): boolean => sha1(`${secret}|${body}`) === signature
  return {
    ...timed,
    circuit,
    process: String(process),
    ...(circuit === LIST && isWhole(forces) && { forces }),
    isSignedWith,
  }
}

function split(rest: string): [signature: string, body: string] {
  return [rest.slice(0, SIGNATURE), rest.slice(SIGNATURE + 1)]
}
