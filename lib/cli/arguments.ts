/**
 * Reads the command line. An argument may be a URL with a password in the wrong place, so no message shows
 * one, unless it is the name of an option.
 */
import { parseArgs } from 'node:util'
import { EXPECTED_SPAN, secondsIn } from './duration.js'
import { UsageError } from './usage.js'

const OPTIONS = {
  url: { type: 'string' },
  prefix: { type: 'string' },
  for: { type: 'string' },
  by: { type: 'string' },
  reason: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const

const COMMANDS = ['list', 'watch', 'open', 'close', 'release'] as const
const FORCES = ['for', 'by', 'reason'] as const
/** Those that force a circuit, and the state that they force it into. */
const FORCED = { open: 'opened', close: 'closed' } as const
/** The longest option in seconds, as everywhere in this package: almost 25 days. */
const MOST_SECONDS = 2_147_483
const MOST_CHARACTERS = 200

type OptionName = keyof typeof OPTIONS
type CommandName = (typeof COMMANDS)[number]
type Given = Partial<Record<OptionName, string>>

/** Where the circuits are. */
export interface Target {
  readonly url: string
  readonly prefix: string | undefined
  /** Where the URL was given, for messages. */
  readonly source: '--url' | 'REDIS_URL'
}

export interface ForceRequest {
  readonly command: 'force'
  readonly circuit: string
  readonly state: 'opened' | 'closed'
  /** Seconds; Infinity until the circuit is released; undefined if nobody said how long. */
  readonly for: number | undefined
  readonly by: string | undefined
  readonly reason: string | undefined
}

export interface LookRequest {
  readonly command: 'list' | 'watch'
}

export type Request = InfoRequest | RedisRequest

/** About the command line itself. */
export interface InfoRequest {
  readonly command: 'help' | 'version'
}

/** What needs Redis. */
export type RedisRequest = (LookRequest | ForceRequest | ReleaseRequest) & {
  readonly target: Target
  readonly json: boolean
}

export interface ReleaseRequest {
  readonly command: 'release'
  readonly circuit: string
}

/** @throws UsageError */
export function readArguments(args: readonly string[], redisUrl: string | undefined): Request {
  const { given, words } = split(args)
  if (given.help !== undefined) return { command: 'help' }
  if (given.version !== undefined) return { command: 'version' }
  const command = commandIn(words)
  refuseOthers(command, given)
  const common = { target: targetIn(given, redisUrl), json: given.json !== undefined }
  const names = words.slice(1)
  if (command === 'list' || command === 'watch') {
    if (names.length > 0) throw new UsageError(`${command} takes no names`)
    return { command, ...common }
  }
  const circuit = nameIn(names, command)
  if (command === 'release') return { command, circuit, ...common }
  return { command: 'force', circuit, state: FORCED[command], ...termsIn(given), ...common }
}

/** Does not use the strict mode of `parseArgs`, whose messages quote what was given. */
function split(args: readonly string[]): { given: Given; words: string[] } {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true })
  const given: Given = {}
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    else if (token.kind === 'option') {
      if (!isOption(token.name)) throw new UsageError(`Unknown option${named(token.rawName)}`)
      given[token.name] = valueOf(token.name, token.value, token.inlineValue === true)
    }
  }
  return { given, words }
}

function valueOf(name: OptionName, value: string | undefined, isInline: boolean): string {
  if (OPTIONS[name].type === 'boolean') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value`)
    return ''
  }
  // Most likely the value was forgotten, and the next option was taken for it.
  const isForgotten = value === undefined || (value.startsWith('-') && !isInline)
  if (isForgotten) throw new UsageError(`--${name} needs a value: --${name}=VALUE`)
  return value
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name)
}

function named(rawName: string): string {
  return /^--?[a-z]{1,20}$/i.test(rawName) ? ` ${rawName}` : ''
}

function commandIn([first]: readonly string[]): CommandName {
  const command = COMMANDS.find((name) => name === first)
  if (command) return command
  const what = first === undefined ? 'No command was given' : 'Unknown command'
  throw new UsageError(`${what}: expected ${COMMANDS.join(', ')}`)
}

function refuseOthers(command: CommandName, given: Given): void {
  if (command === 'open' || command === 'close') return
  const other = FORCES.find((name) => given[name] !== undefined)
  if (other) throw new UsageError(`${command} takes no --${other}`)
}

function targetIn({ url, prefix }: Given, redisUrl: string | undefined): Target {
  if (url !== undefined) return { url, prefix, source: '--url' }
  if (redisUrl) return { url: redisUrl, prefix, source: 'REDIS_URL' }
  throw new UsageError('Which Redis? Set the environment variable REDIS_URL, or pass --url')
}

function nameIn(names: readonly string[], command: string): string {
  const [name, ...others] = names
  if (!name) throw new UsageError(`${command} needs the name of a circuit`)
  if (others.length > 0) throw new UsageError(`${command} takes one name: quote one with spaces`)
  return name
}

function termsIn(given: Given): Pick<ForceRequest, 'for' | 'by' | 'reason'> {
  for (const name of ['by', 'reason'] as const) {
    if (Array.from(given[name] ?? '').length > MOST_CHARACTERS) {
      throw new UsageError(`--${name} takes at most ${MOST_CHARACTERS} characters`)
    }
  }
  const { by, reason } = given
  return { for: given.for === undefined ? undefined : lengthIn(given.for), by, reason }
}

/**
 * How long a force holds.
 *
 * @throws UsageError
 */
export function lengthIn(text: string): number {
  if (text === 'forever') return Infinity
  const seconds = secondsIn(text)
  const isTooLong = Number(seconds) > MOST_SECONDS
  if (seconds !== undefined && seconds > 0 && !isTooLong) return seconds
  throw new UsageError(
    isTooLong
      ? '--for takes at most 24d, or forever'
      : `--for takes ${EXPECTED_SPAN}, or forever (until you release the circuit)`,
  )
}
