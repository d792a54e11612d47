/** Runs a program and gives back what it printed; a failure carries the output. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What `npm run` tells its scripts about this project would mislead an npm in another folder. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_config_local_prefix|npm_package_.*|FORCE_COLOR)$/.test(name),
  ),
)

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, seconds?: number }} options
 * @returns {Promise<{ stdout: string, output: string }>} what was printed: to stdout, and in all
 */
export async function run(program, args, { cwd, env, seconds = 180 } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...environment, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: seconds * 1000,
  })
  let stdout = ''
  let output = ''
  child.stdout.on('data', (text) => (stdout += text))
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  }
  const [code, signal] = await once(child, 'close')
  if (code === 0) return { stdout: stdout.trim(), output: output.trim() }
  const end = signal ? `was ended by ${signal}, after at most ${seconds} s` : `ended with ${code}`
  throw new Error(`${program} ${args.join(' ')}\n${output.trim()}\n(${end})`)
}

/** Runs a JavaScript file under this Node. */
export const runNode = (args, options) => run(process.execPath, args, options)
