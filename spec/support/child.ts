/**
 * Runs a script in a process of its own, against the build, and sees its output and when it ends by itself.
 */
import { resolve } from 'node:path'
import { Running } from '../../scripts/run.mjs'
import { until } from './until.js'

const IMPORTS = `
import { once } from 'node:events'
import axios from 'axios'
import { CircuitBreaker } from '${resolve('dist/esm/index.js')}'
import { RedisStorage } from '${resolve('dist/esm/redis/index.js')}'
const [settings] = process.argv.slice(1).map((text) => JSON.parse(text))
/** Reports that it got this far, and waits for a message. After the last one it may end by itself. */
async function reach(point) {
  const answer = once(process, 'message')
  console.log(point)
  await answer
}
`

export class Child {
  readonly #process: Running

  /** @param script can use the imports above, and its \`settings\` */
  constructor(script: string, settings: unknown, env: NodeJS.ProcessEnv = {}) {
    const args = ['--input-type=module', '--eval', IMPORTS + script, JSON.stringify(settings)]
    this.#process = new Running(process.execPath, args, { env, hasChannel: true })
  }

  /** Its whole output. */
  get output(): string {
    return this.#process.output
  }

  reaches(point: string): Promise<void> {
    return this.#process.printed(point)
  }

  goOn(): void {
    this.#process.send('go on')
  }

  /** Its exit code, once it has ended by itself. */
  async end(): Promise<unknown> {
    await until(`a process ends: ${this.output}`, () => !this.#process.isRunning)
    return (await this.#process.end()).code
  }

  kill(): void {
    this.#process.signal('SIGKILL')
  }
}
