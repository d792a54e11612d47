/**
 * Shows an outage in 20 seconds, with a circuit breaker and without. With `--redis`, it shows an outage as
 * seen by three processes that share a circuit. Usage: node examples/demo/main.mjs [--redis]
 */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Processes } from '../processes.mjs'
import { paint } from './paint.mjs'
import { LIMITS } from './settings.mjs'

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

const processes = new Processes(import.meta.url)
process.exitCode = await run()
process.exit()

async function run() {
  try {
    const { values: flags } = parseArgs({ options: { redis: { type: 'boolean' } } })
    checkBuilt()
    const { demo } = await import(flags.redis ? './fleet/demo.mjs' : './alone.mjs')
    const verdict = async () => ((await demo(processes)) ? 0 : 1)
    const limit = flags.redis ? LIMITS.fleet : LIMITS.alone
    // Keep this order: the handlers must be in place before the demo starts its first process.
    return await Promise.race([trouble(limit), verdict().catch(explain), processes.lost])
  } catch (error) {
    console.error(paint('red', `The demo failed: ${error.message}`))
    return 1
  } finally {
    await processes.stop()
  }
}

/**
 * If a process ends, a call to it fails a moment before `lost` rejects with the reason.
 *
 * @param {unknown} reason
 * @returns {Promise<never>}
 */
async function explain(reason) {
  await Promise.race([processes.lost, sleep(500)])
  throw reason
}

/**
 * If anything ends the demo early, this ends its processes first.
 *
 * @param {number} limit
 * @returns {Promise<number>} the exit code
 */
function trouble(limit) {
  return new Promise((resolve, reject) => {
    for (const [signal, code] of Object.entries(EXIT_CODES)) {
      process.on(signal, () => resolve(code))
    }
    process.on('uncaughtException', reject)
    const late = () => reject(new Error(`the demo took longer than ${limit / 1000} s`))
    setTimeout(late, limit)
  })
}

function checkBuilt() {
  if (existsSync(fileURLToPath(import.meta.resolve('axios-breaker')))) return
  throw new Error('the library is not built: run `npm run build` first, or `npm run demo`')
}
