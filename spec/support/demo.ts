/** The demo as a process, and what it prints as figures. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { until } from './until.js'

/** Seconds that a run may take. */
export const LIMIT = 20
export const root = join(__dirname, '../..')
export const KINDS = ['users', 'avatars'] as const
type Kind = (typeof KINDS)[number]

/** One run, in a process group of its own: what is left of the group is what the demo left behind. */
export class Run {
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #start = performance.now()
  readonly #exit: Promise<unknown[]>

  constructor() {
    this.#child = spawn(process.execPath, ['examples/demo/main.mjs'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (part) => (this.stdout += String(part)))
    this.#child.stderr?.on('data', (part) => (this.stderr += String(part)))
    this.#exit = once(this.#child, 'close')
  }

  async end(): Promise<{ code: unknown; seconds: number }> {
    const [code] = await this.#exit
    return { code, seconds: (performance.now() - this.#start) / 1000 }
  }

  async printed(text: string): Promise<void> {
    const ended = () => (this.#child.exitCode ?? this.#child.signalCode) !== null
    const printed = () => this.stdout.includes(text)
    await until(`the demo prints "${text}"`, () => ended() || printed(), LIMIT)
    if (!printed()) throw new Error(`The demo ended early: ${this.stderr}`)
  }

  /** The signal goes to every process of the group, as from a terminal. */
  signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-Number(this.#child.pid), signal)
    } catch {
      return false
    }
  }
}

/** What a run printed, taken apart. Circuits have columns of their own, so a line may speak of both. */
export class Story {
  readonly #timeline: readonly string[]
  readonly #rest: string

  constructor(stdout: string) {
    const [, timeline = '', rest = ''] = /^( +time .+?)\n\n(.+)$/ms.exec(stdout) ?? []
    this.#timeline = timeline.split('\n')
    this.#rest = rest
  }

  get seconds(): number[] {
    return this.#timeline.slice(2).map((line) => Number.parseFloat(line))
  }

  lane(kind: Kind): string[] {
    const [head = ''] = this.#timeline
    const end = kind === 'users' ? head.indexOf('avatars (') : undefined
    const cells = this.#timeline.map((line) => line.slice(head.indexOf(`${kind} (`), end).trim())
    return cells.slice(2).filter((cell) => cell !== '')
  }

  transitions(kind: Kind): string[] {
    return this.lane(kind).flatMap((cell) => /^▸ (\S+ → \S+)/.exec(cell)?.[1] ?? [])
  }

  /** Calls of both circuits that the pattern speaks of, grouped lines counted in full. */
  calls(pattern: RegExp): number {
    const cells = KINDS.flatMap((kind) => this.lane(kind)).filter((cell) => pattern.test(cell))
    const counts = cells.map((cell) => Number(/ × (\d+)/.exec(cell)?.[1] ?? 1))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** Figures of the summary: with the breaker and without it. */
  figures(label: string): [guarded: number, bare: number] {
    const line = this.#rest.split('\n').find((other) => other.trim().startsWith(label)) ?? ''
    const [guarded = NaN, bare = NaN] =
      (line.split(label)[1] ?? '').match(/\d+/g)?.map(Number) ?? []
    return [guarded, bare]
  }
}
