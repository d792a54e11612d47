/** The second terminal: an operator types commands there, or the demo runs them itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Running } from '../../../scripts/run.mjs'
import { isAttended, TYPING } from '../settings.mjs'

const MAIN = fileURLToPath(new URL('../../../dist/esm/cli/main.js', import.meta.url))

/**
 * As it is typed: quotes only what needs quotes.
 *
 * @param {readonly string[]} args
 */
export function typed(args) {
  return ['npx', 'axios-breaker', ...args]
    .map((word) => (/\s/.test(word) ? `"${word}"` : word))
    .join(' ')
}

export class Terminal {
  #processes
  #url

  /**
   * @param {import('../../processes.mjs').Processes} processes
   * @param {string} url of Redis
   */
  constructor(processes, url) {
    this.#processes = processes
    this.#url = url
  }

  /**
   * Runs a command to its end.
   *
   * @param {readonly string[]} args
   * @returns what it printed
   */
  async run(args) {
    const running = new Running(process.execPath, [MAIN, ...args], {
      env: { REDIS_URL: this.#url },
    })
    void this.#processes.keep(Promise.resolve({ stop: () => running.kill() }))
    const { code } = await running.end()
    if (code !== 0) throw new Error(`${typed(args)} ended with ${code}: ${running.output.trim()}`)
    return running.stdout.trim()
  }

  /**
   * Waits for somebody to type a command, and runs it after a while if nobody has.
   *
   * @param {readonly string[]} args
   * @param {() => Promise<boolean>} isDone
   */
  async ask(args, isDone) {
    if (isAttended) {
      const wait = `within ${TYPING / 1000} s, or the demo runs it`
      console.log(`\n  Type this in a second terminal, in this folder, ${wait}:\n`)
      console.log(`    REDIS_URL=${this.#url} ${typed(args)}\n`)
      const end = performance.now() + TYPING
      while (performance.now() < end) {
        if (await isDone()) return
        await sleep(100)
      }
    }
    await this.run(args)
  }
}
