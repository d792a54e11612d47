/** Starts programs, and keeps what they print. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from './until.mjs'

/** The variables that `npm run` sets for this project would mislead an npm in another folder. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_config_local_prefix|npm_package_.*|FORCE_COLOR)$/.test(name),
  ),
)

/**
 * @typedef {object} StartOptions
 * @property {string | undefined} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to that of this process
 * @property {boolean} [hasChannel] whether it has an IPC channel; the program must be Node then
 * @property {((message: any) => void) | undefined} [onMessage] called with each message over that channel
 * @property {boolean} [isGroup] whether it leads a process group; signals then go to the whole group
 * @property {number} [seconds] after which it is killed
 * @property {string} [input] its standard input; default: none
 * @property {boolean} [isTypedTo] whether its standard input stays open, for `type`
 * @property {((text: string) => void) | undefined} [onOutput] called with all that it prints
 */

/** A running program. */
export class Running {
  /** What it has printed so far: to each stream, and to both. */
  stdout = ''
  stderr = ''
  output = ''
  /** @type {import('node:child_process').ChildProcess} */
  #child
  /** @type {Promise<[number | null, NodeJS.Signals | null]>} */
  #exit
  #isGroup
  #start = performance.now()

  /**
   * @param {string} program
   * @param {readonly string[]} [args]
   * @param {StartOptions} [options]
   */
  constructor(program, args = [], options = {}) {
    const { cwd, env = {}, hasChannel = false, isGroup = false, seconds = 0, input } = options
    const { onOutput, onMessage, isTypedTo = false } = options
    this.#isGroup = isGroup
    this.#child = spawn(program, args, {
      cwd,
      detached: isGroup,
      env: { ...environment, ...env },
      stdio: [
        input === undefined && !isTypedTo ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        ...(hasChannel ? [/** @type {const} */ ('ipc')] : []),
      ],
      timeout: seconds * 1000,
    })
    this.#exit = /** @type {Promise<[number | null, NodeJS.Signals | null]>} */ (
      once(this.#child, 'close')
    )
    // Callers that wait for the end get the error.
    this.#exit.catch(() => undefined)
    if (!isTypedTo) this.#child.stdin?.end(input)
    if (onMessage) this.#child.on('message', onMessage)
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      this.#child[name]?.setEncoding('utf8').on('data', (text) => {
        this[name] += text
        this.output += text
        onOutput?.(text)
      })
    }
  }

  get pid() {
    return this.#child.pid
  }

  get isRunning() {
    return (this.#child.exitCode ?? this.#child.signalCode) === null
  }

  /** @param {NodeJS.Signals | 0} signal */
  signal(signal) {
    if (!this.#isGroup || this.pid === undefined) return this.#child.kill(signal)
    try {
      return process.kill(-this.pid, signal)
    } catch {
      return false
    }
  }

  /** @param {string} text */
  type(text) {
    this.#child.stdin?.write(text)
  }

  /**
   * Sends a message over the channel, unless the program has ended.
   *
   * @param {import('node:child_process').Serializable} message
   */
  send(message) {
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  /**
   * Waits until it has printed a text.
   *
   * @param {string | RegExp} text
   * @param {number} [seconds]
   * @throws {Error} if it ends before, with all that it printed
   */
  async printed(text, seconds) {
    const isPrinted = () =>
      typeof text === 'string' ? this.output.includes(text) : text.test(this.output)
    await until(`it prints ${text}`, () => isPrinted() || !this.isRunning, seconds)
    // Its last output may arrive after its exit.
    if (!isPrinted()) await this.#exit
    if (!isPrinted()) throw new Error(`It ended early:\n${this.output}`)
  }

  /** Waits until it has ended and all of its output has arrived. */
  async end() {
    const [code, signal] = await this.#exit
    return { code, signal, seconds: (performance.now() - this.#start) / 1000 }
  }

  async kill() {
    this.signal('SIGKILL')
    await this.end()
  }
}

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {StartOptions} [options]
 * @returns {Promise<{ stdout: string, stderr: string, output: string }>} its output: per stream, and both
 * @throws {Error} if it fails, with its output
 */
export async function run(program, args, { seconds = 180, env = {}, ...options } = {}) {
  const all = { ...options, seconds, env: { NO_COLOR: '1', ...env } }
  const running = new Running(program, args, all)
  const { code, signal } = await running.end()
  const output = running.output.trim()
  if (code === 0) {
    return { stdout: running.stdout.trim(), stderr: running.stderr.trim(), output }
  }
  const end = signal ? `was ended by ${signal}, after at most ${seconds} s` : `ended with ${code}`
  throw new Error(`${program} ${args.join(' ')}\n${output}\n(${end})`)
}

/**
 * Runs a JavaScript file under this Node.
 *
 * @param {readonly string[]} args
 * @param {StartOptions} [options]
 */
export const runNode = (args, options) => run(process.execPath, args, options)

/**
 * Runs the text of an ES module under this Node. Its imports are resolved from `cwd`.
 *
 * @param {string} script
 * @param {StartOptions & { args?: readonly string[], flags?: readonly string[] }} [options]
 * @returns {Promise<string>} what it printed to stdout
 */
export async function runScript(script, { args = [], flags = [], ...options } = {}) {
  const { stdout } = await runNode(
    [...flags, '--input-type=module', '--eval', script, ...args],
    options,
  )
  return stdout
}
