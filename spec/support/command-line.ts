/** Runs the built command line as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { requireProgram } from '../../scripts/programs.mjs'
import { Running } from '../../scripts/run.mjs'
import { root } from './program.js'
import { until } from './until.js'

const MAIN = join(root, 'dist/esm/cli/main.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** A command line that runs. Nobody types: it has no terminal. */
export function started(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return new Running(process.execPath, [MAIN, ...args], { env })
}

/** Runs a command line to its end. */
export async function ran(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const running = started(args, env)
  const { code, seconds } = await running.end()
  const { stdout, stderr } = running
  return { code, stdout, stderr, seconds }
}

/** Runs a command line that must succeed, and reads its output as one JSON document. */
export async function documentOf(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ReturnType<typeof JSON.parse>> {
  const { code, stdout, stderr } = await ran([...args, '--json'], env)
  if (code !== 0) throw new Error(`It ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}

/**
 * Runs a command line whose output goes to another program.
 *
 * @param redirection as a shell reads it
 * @returns what that prints, and how ours ended
 */
export async function piped(
  args: readonly string[],
  reader: string,
  env: NodeJS.ProcessEnv,
  redirection = '',
): Promise<{ stdout: string; stderr: string; code: number }> {
  const shell = new Running('sh', ['-c', `{ ${commandOf(args)} ${redirection}; echo "ended: $?" >&2; } | ${reader}`], { env }) // prettier-ignore
  await shell.end()
  const [stderr = '', code] = shell.stderr.trimEnd().split('ended: ')
  return { stdout: shell.stdout, stderr, code: Number(code) }
}

/** Runs a command line to its end. Whoever was to read its stderr is gone before it begins. @returns its exit code */
export async function unheard(args: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const stdio = ['ignore', 'ignore', 'pipe'] as const
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env }, stdio: [...stdio] }) // prettier-ignore
  child.stderr?.destroy()
  const [code] = (await once(child, 'close')) as unknown[]
  return code
}

/** A command line in a terminal, at which somebody types. */
export class Typist {
  readonly #terminal: Running

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    // A shell that stayed between would end by Ctrl-C itself, and hide how the command line ended.
    const command = `exec ${commandOf(args)}`
    const flags = ['--quiet', '--return', '--command', command, '/dev/null']
    const variables = { TERM: 'xterm-256color', NO_COLOR: undefined, ...env }
    const options = { env: variables, isTypedTo: true, isGroup: true }
    this.#terminal = new Running(requireProgram('script', 'bsdutils'), flags, options)
  }

  /** All that the terminal has shown. */
  get screen(): string {
    return this.#terminal.stdout
  }

  sees(text: string): Promise<void> {
    return this.#terminal.printed(text)
  }

  types(text: string): void {
    this.#terminal.type(text)
  }

  /** Its exit code, once it has ended by itself. */
  async end(): Promise<number | null> {
    await until('the command line ends', () => !this.#terminal.isRunning)
    return (await this.#terminal.end()).code
  }

  async kill(): Promise<void> {
    await this.#terminal.kill()
  }
}

/** As a shell reads it. */
function commandOf(args: readonly string[]): string {
  return [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ')
}
