/** Runs the example as a process, and reads its README and its Prometheus. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../scripts/run.mjs'
import { Program, root } from './program.js'

/** Seconds that the circuit stays opened, instead of the README's thirty. */
const TTL = 4
/** Seconds between two scrapes. */
const SCRAPE = 0.25

type Labels = Readonly<Record<string, string>>

/** A time, and the value at that time. */
type Point = readonly [number, string]

interface Sample {
  readonly metric: Labels
  readonly value: number
}

interface Series {
  readonly metric: Labels
  readonly values: readonly number[]
}

export class Microservices extends Program {
  #ports: ReadonlyMap<string, string> = new Map()

  constructor(env: NodeJS.ProcessEnv = {}) {
    const brief = { TTL: String(TTL), SCRAPE_INTERVAL: `${SCRAPE * 1000}ms` }
    super(['examples/microservices/main.mjs'], { PORTS: 'free', ...brief, ...env })
  }

  /** Starts the example, and waits until everything is up. */
  async started(seconds: number): Promise<void> {
    await this.printed('Ctrl-C', seconds)
    const port = (pattern: RegExp): string => pattern.exec(this.stdout)?.[1] ?? 'none'
    this.#ports = new Map([
      ['4000', port(/user service .*localhost:(\d+)/)],
      ['4001', port(/notifications 1 .*localhost:(\d+)/)],
      ['4002', port(/notifications 2 .*localhost:(\d+)/)],
      ['4003', port(/mails .*localhost:(\d+)/)],
      ['4090', port(/Prometheus .*localhost:(\d+)/)],
    ])
  }

  /** Replaces the ports and the ttl in a text by those of this run. */
  adapt(text: string): string {
    return text
      .replaceAll(/(?<=localhost:)\d+/g, (port) => this.#ports.get(port) ?? port)
      .replace('sleep 30', `sleep ${TTL}`)
  }

  async get(url: string): Promise<string> {
    const response = await fetch(this.adapt(url))
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
    return response.text()
  }

  /** Runs a query now. */
  async query(query: string): Promise<readonly Sample[]> {
    const result = (await this.#ask('query', { query })) as { metric: Labels; value: Point }[]
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }))
  }

  /** @returns the figure once it is the expected one, or its value when the time is over */
  async figure(query: string, expected: number, seconds = 20): Promise<number | undefined> {
    const end = performance.now() + seconds * 1000
    for (;;) {
      const [sample] = await this.query(query)
      if (sample?.value === expected || performance.now() > end) return sample?.value
      await sleep(SCRAPE * 1000)
    }
  }

  async queryRange(query: string, start: number): Promise<readonly Series[]> {
    // Steps count from the start. One more is needed, because the last scrape may be newer than the last step.
    const end = Date.now() / 1000 + SCRAPE
    const range = { start: String(start), end: String(end), step: String(SCRAPE) }
    const series = (await this.#ask('query_range', { query, ...range })) as {
      metric: Labels
      values: Point[]
    }[]
    return series.map(({ metric, values }) => ({
      metric,
      values: values.map(([, value]) => Number(value)),
    }))
  }

  async metricNames(): Promise<ReadonlySet<string>> {
    const answer = await this.get('http://localhost:4090/api/v1/label/__name__/values')
    return new Set((JSON.parse(answer) as { data: string[] }).data)
  }

  async #ask(api: string, parameters: Labels): Promise<unknown> {
    const search = String(new URLSearchParams(parameters))
    const answer = await this.get(`http://localhost:4090/api/v1/${api}?${search}`)
    return (JSON.parse(answer) as { data: { result: unknown } }).data.result
  }
}

interface Call {
  readonly command: string
  readonly output: string
}

const readme = readFileSync(join(root, 'examples/microservices/README.md'), 'utf8')

/** The queries in the links of the README. */
export function readQueries(): readonly string[] {
  const links = readme.matchAll(/\]\(http:\/\/localhost:4090\/classic\/graph\?([^\s]+)\)(?= )/g)
  return Array.from(links, ([, search]) => new URLSearchParams(search).get('g0.expr') ?? 'none')
}

/** The commands in the README, and the output that it shows for them. */
export function readStory(): readonly Call[] {
  const consoles = [...readme.matchAll(/^```console\n(.*?)^```/gms)].map(([, text = '']) => text)
  return consoles
    .flatMap((text) => text.split(/^\$ /m).slice(1))
    .map((call) => {
      const [command = '', ...output] = call.split('\n')
      return { command, output: shapeOf(output.join('\n')) }
    })
}

/** Runs a command in a shell, as a reader does. */
export async function runInShell(command: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', command], { seconds: 30 })
  return shapeOf(stdout)
}

/** Hides times, which differ from run to run. */
function shapeOf(output: string): string {
  return output
    .replaceAll('\r', '')
    .replace(/^Date: .*$/gm, 'Date: now')
    .replace(/^Retry-After: \d+$/gm, 'Retry-After: N')
    .trim()
}
