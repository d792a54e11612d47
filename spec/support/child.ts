/** A script in a process of its own, against the build: what it printed, and when it ended by itself. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { until } from './until.js'

const IMPORTS = `
import { once } from 'node:events'
import axios from 'axios'
import { CircuitBreaker } from '${resolve('dist/esm/index.js')}'
import { RedisStorage } from '${resolve('dist/esm/redis/index.js')}'
const [settings] = process.argv.slice(1).map((text) => JSON.parse(text))
/** Says so, and waits until it is told to go on. The last time it may end by itself. */
async function reach(point) {
  const told = once(process, 'message')
  console.log(point)
  await told
}
`

export class Child {
  /** All that it printed. */
  output = ''
  readonly #process: ChildProcess
  readonly #exit: Promise<unknown[]>

  /** @param script what is imported for it, and its \`settings\`, see above */
  constructor(script: string, settings: unknown, env: NodeJS.ProcessEnv = {}) {
    const args = ['--input-type=module', '--eval', IMPORTS + script, JSON.stringify(settings)]
    this.#process = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    })
    this.#exit = once(this.#process, 'close')
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (text: Buffer) => (this.output += text.toString()))
    }
  }

  async reaches(point: string): Promise<void> {
    const isThere = (): boolean => this.output.includes(point) || !this.#isRunning
    await until(`a process prints ${point}, and not: ${this.output}`, isThere, 20)
    if (!this.output.includes(point)) throw new Error(`It ended early: ${this.output}`)
  }

  goOn(): void {
    this.#process.send('go on')
  }

  /** Its exit code, as soon as it has ended by itself. */
  async end(): Promise<unknown> {
    await until(`a process ends: ${this.output}`, () => !this.#isRunning, 20)
    const [code] = await this.#exit
    return code
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  get #isRunning(): boolean {
    return (this.#process.exitCode ?? this.#process.signalCode) === null
  }
}
