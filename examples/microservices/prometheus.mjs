/** Starts a real Prometheus on the loopback, with its own folder, which is removed at the end. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LastWill } from '../../scripts/last-will.mjs'
import { requireProgram } from '../../scripts/programs.mjs'
import { Running } from '../../scripts/run.mjs'
import { startOrStop } from '../../scripts/redis-server.mjs'
import { until } from '../../scripts/until.mjs'

const CONFIG = new URL('prometheus.yml', import.meta.url)
const ALERTS = new URL('../../monitoring/alerts.yml', import.meta.url)

export class Prometheus {
  #process
  #folder
  #will
  #stopped = false

  /**
   * @param {string} folder
   * @param {number} port
   */
  constructor(folder, port) {
    this.origin = `http://127.0.0.1:${port}`
    this.#folder = folder
    this.#will = new LastWill(folder)
    const args = [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
    ]
    this.#process = new Running(requireProgram('prometheus'), args, { cwd: folder })
    this.#will.end(this.#process.pid)
  }

  /**
   * @param {object} options
   * @param {number} options.port
   * @param {Record<string, number>} options.ports the ports of the services, by host name
   * @param {string} [options.interval] the time between two scrapes
   */
  static async start({ port, ports, interval = '1s' }) {
    const folder = await mkdtemp(join(tmpdir(), 'axios-breaker-prometheus-'))
    await writeFile(join(folder, 'prometheus.yml'), localConfig(await readFile(CONFIG, 'utf8')))
    await cp(ALERTS, join(folder, 'alerts.yml'))
    const prometheus = new Prometheus(folder, port)
    return startOrStop(prometheus, () => prometheus.#ready())

    /** @param {string} config */
    function localConfig(config) {
      return config
        .replaceAll(/'([\w-]+):\d+'/g, (_, host) => `'127.0.0.1:${ports[host]}'`)
        .replace('scrape_interval: 1s', `scrape_interval: ${interval}`)
    }
  }

  /** Rejects if Prometheus ends before it is stopped. */
  async ended() {
    await this.#process.end()
    if (this.#stopped) return
    throw new Error(`prometheus ended by itself:\n${this.#process.output.slice(-4000)}`)
  }

  async stop() {
    this.#stopped = true
    await this.#process.kill()
    await rm(this.#folder, { recursive: true, force: true })
    this.#will.revoke()
  }

  async #ready() {
    const answers = () =>
      fetch(`${this.origin}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    await Promise.race([this.ended(), until('Prometheus is ready', answers, 30)])
  }
}
