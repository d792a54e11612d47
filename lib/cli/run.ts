/** Runs one command line. */
import { readFileSync } from 'node:fs'
import { messageOf } from '../internal/errors.js'
import { readArguments, type RedisRequest, type Request, type Target } from './arguments.js'
import { force, release } from './force.js'
import { list } from './list.js'
import { printError, endWithReader, print } from './output.js'
import { HELP, UsageError } from './usage.js'
import { watch } from './watch.js'

const MANIFEST = new URL('../../../package.json', import.meta.url)
const FAILED = 1
const WRONG = 2

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  endWithReader()
  try {
    await carryOut(readArguments(args, process.env.REDIS_URL))
    return 0
  } catch (error) {
    const isWrong = error instanceof UsageError
    printError(`${messageOf(error)}${isWrong ? '\nRun axios-breaker --help for the commands and options' : ''}`) // prettier-ignore
    return isWrong ? WRONG : FAILED
  }
}

async function carryOut(request: Request): Promise<void> {
  if ('target' in request) await ask(request)
  else print(request.command === 'help' ? HELP.trimEnd() : version())
}

async function ask(given: RedisRequest): Promise<void> {
  const { target, json } = given
  warnOfPassword(target)
  if (given.command === 'force') await force(given, target, json)
  else if (given.command === 'release') await release(given, target, json)
  else if (given.command === 'watch') await watch(target, json)
  else await list(target, json)
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }
  return text
}

function warnOfPassword({ url, source }: Target): void {
  if (source !== '--url' || !URL.canParse(url) || new URL(url).password === '') return
  printError('Warning: ps shows the password in --url to other users. Set REDIS_URL instead')
}
