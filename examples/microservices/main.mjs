/**
 * Runs the whole example on the loopback, until Ctrl-C. Usage: npm run example. README.md explains it.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { choosePorts } from './settings.mjs'
import { System } from './system.mjs'

/** Ctrl-C is the normal way to end the example. */
const EXIT_CODES = { SIGINT: 0, SIGTERM: 143, SIGHUP: 129 }

const { TTL: ttl, SCRAPE_INTERVAL: scrapeInterval } = process.env

process.exitCode = await run()
process.exit()

async function run() {
  const interrupted = signalled()
  let system
  try {
    checkBuilt()
    const ports = await choosePorts()
    system = new System(ports)
    const started = system.start({ ttl, scrapeInterval }).then(() => printGuide(ports))
    // Everything has started: wait until something ends.
    return await Promise.race([interrupted, Promise.all([started, system.lost])])
  } catch (error) {
    console.error(`The example failed: ${error.message}`)
    return 1
  } finally {
    await system?.stop()
  }
}

function signalled() {
  return new Promise((resolve) => {
    for (const [signal, code] of Object.entries(EXIT_CODES)) {
      process.on(signal, () => resolve(code))
    }
  })
}

function checkBuilt() {
  if (existsSync(fileURLToPath(import.meta.resolve('axios-breaker')))) return
  throw new Error('the library is not built: run `npm run build` first, or `npm run example`')
}

/** @param {Record<string, number>} ports */
function printGuide(ports) {
  /**
   * @param {string} port
   * @param {string} username
   */
  const notify = (port, username) =>
    `curl -i localhost:${ports[port]}/notifications -d username=${username} -d message=Hello`
  console.log(`
  user service      http://localhost:${ports.user}/users/naruto
  notifications 1   http://localhost:${ports['notification-1']}/circuits
  notifications 2   http://localhost:${ports['notification-2']}/circuits
  mails             http://localhost:${ports.mail}
  Prometheus        http://localhost:${ports.prometheus}
  Redis             redis://localhost:${ports.redis}

  A mail, three failures, and what both processes then say, in a second terminal:

    ${notify('notification-1', 'naruto')}
    ${notify('notification-1', 'sasuke')}    # three times
    ${notify('notification-1', 'naruto')}
    ${notify('notification-2', 'naruto')}

  examples/microservices/README.md has the whole story. Ctrl-C ends everything.
`)
}
