/** An example as a process, with all that it starts. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { until } from './until.js'

export const root = join(__dirname, '../..')

/** One run, in a process group of its own: what is left of the group is what the program left behind. */
export class Program {
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #start = performance.now()
  readonly #exit: Promise<unknown[]>

  constructor(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, command, {
      cwd: root,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (part) => (this.stdout += String(part)))
    this.#child.stderr?.on('data', (part) => (this.stderr += String(part)))
    this.#exit = once(this.#child, 'close')
  }

  get pid(): number {
    return Number(this.#child.pid)
  }

  async end(): Promise<{ code: unknown; seconds: number }> {
    const [code] = await this.#exit
    return { code, seconds: (performance.now() - this.#start) / 1000 }
  }

  async printed(text: string, seconds: number): Promise<void> {
    const ended = () => (this.#child.exitCode ?? this.#child.signalCode) !== null
    const printed = () => this.stdout.includes(text)
    await until(`it prints "${text}"`, () => ended() || printed(), seconds)
    if (!printed()) throw new Error(`It ended early: ${this.stderr}`)
  }

  /** The signal goes to every process of the group, as from a terminal. */
  signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.pid, signal)
    } catch {
      return false
    }
  }
}
