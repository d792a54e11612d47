/** Runs the demo as a process, and parses the figures in its output. */
import { Program } from './program.js'

/** Seconds allowed for a run. Its processes have to start, and a fleet has more of them. */
export const LIMIT = 27
export const FLEET_LIMIT = 65
export const KINDS = ['users', 'avatars'] as const

/** One run of the demo. */
export class Run extends Program {
  constructor(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    super(['examples/demo/main.mjs', ...args], env)
  }
}

/** The parsed output of a run. Each lane has its own column, so one line may describe all of them. */
export class Story<Lane extends string> {
  readonly #lanes: readonly Lane[]
  readonly #timeline: readonly string[]
  readonly #rest: string

  /** @param lanes the headings of the columns, up to a bracket */
  constructor(stdout: string, lanes: readonly Lane[]) {
    this.#lanes = lanes
    const [, timeline = '', rest = ''] = /^( +time .+?)\n\n(.+)$/ms.exec(stdout) ?? []
    this.#timeline = timeline.split('\n')
    this.#rest = rest
  }

  get seconds(): number[] {
    return this.#timeline.slice(2).map((line) => Number.parseFloat(line))
  }

  lane(lane: Lane): string[] {
    const [head = ''] = this.#timeline
    const next = this.#lanes[this.#lanes.indexOf(lane) + 1]
    const end = next && head.indexOf(`${next} (`)
    const cells = this.#timeline.map((line) => line.slice(head.indexOf(`${lane} (`), end).trim())
    return cells.slice(2).filter((cell) => cell !== '')
  }

  transitions(lane: Lane): string[] {
    return this.lane(lane).flatMap((cell) => /^▸ (\S+(?: → \S+)?)/.exec(cell)?.[1] ?? [])
  }

  /** Counts the calls of all lanes that match the pattern. A grouped line counts all of its calls. */
  calls(pattern: RegExp): number {
    const cells = this.#lanes
      .flatMap((lane) => this.lane(lane))
      .filter((cell) => pattern.test(cell))
    const counts = cells.map((cell) => Number(/ × (\d+)/.exec(cell)?.[1] ?? 1))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** Figures of the summary: for the watched arm, and for the one that it is compared with. */
  figures(label: string): [watched: number, compared: number] {
    const line = this.#rest.split('\n').find((other) => other.trim().startsWith(label)) ?? ''
    const [watched = NaN, compared = NaN] =
      (line.split(label)[1] ?? '').match(/\d+/g)?.map(Number) ?? []
    return [watched, compared]
  }
}
