/** An outage in ten seconds, with a circuit breaker and without. Usage: node examples/demo/main.mjs */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Arm } from './arm.mjs'
import { printChecks } from './checks.mjs'
import { paint } from './paint.mjs'
import { Processes } from './processes.mjs'
import { CIRCUITS, LIMIT } from './settings.mjs'
import { Story } from './story.mjs'
import { printSummary } from './summary.mjs'
import { Timeline } from './timeline.mjs'

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

const processes = new Processes()
process.exitCode = await run()
process.exit()

async function run() {
  try {
    checkBuilt()
    return await Promise.race([demo(), trouble(), processes.lost])
  } catch (error) {
    console.error(paint('red', `The demo failed: ${error.message}`))
    return 1
  } finally {
    await processes.stop()
  }
}

async function demo() {
  const [guarded, bare] = await Promise.all([
    Arm.start(processes),
    Arm.start(processes, '--without-breaker'),
  ])
  printHead(guarded.pids, bare.pids)
  const timeline = new Timeline(CIRCUITS)
  const story = new Story({ guarded, bare, timeline })
  await story.play()
  const results = await Promise.all([guarded.results(), bare.results()])
  console.log()
  printSummary(...results)
  console.log()
  return printChecks(story.lanes, ...results) ? 0 : 1
}

/** Whatever ends the demo early, its processes are ended first. */
function trouble() {
  return new Promise((resolve, reject) => {
    for (const [signal, code] of Object.entries(EXIT_CODES)) {
      process.on(signal, () => resolve(code))
    }
    process.on('uncaughtException', reject)
    const late = () => reject(new Error(`the demo took longer than ${LIMIT / 1000} s`))
    setTimeout(late, LIMIT)
  })
}

function checkBuilt() {
  if (existsSync(fileURLToPath(import.meta.resolve('axios-breaker')))) return
  throw new Error('the library is not built: run `npm run build` first, or `npm run demo`')
}

function printHead(guarded, bare) {
  const chain = ({ client, users }) => `client service (${client}) → user service (${users})`
  console.log(`
  ${paint('bold', 'A user service breaks, hangs and comes back. Its callers have a circuit breaker.')}

  processes on the loopback (pid), called at the same moments by this one (${process.pid})
    with the breaker   ${chain(guarded)}
    without it         ${chain(bare)}

  ${paint('green', '●')} closed: all pass   ${paint('red', '○')} opened: all are refused at once   \
${paint('yellow', '◐')} half-opened: one passes, as a probe
`)
}
