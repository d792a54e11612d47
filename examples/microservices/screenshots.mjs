/** Plays an outage, and takes pictures of what Prometheus and the status page show. */
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { requireProgram } from '../../scripts/programs.mjs'
import { Outage } from './outage.mjs'
import { choosePorts } from './settings.mjs'
import { System } from './system.mjs'

/** @import { Page } from 'playwright-core' */

const IMAGES = new URL('../../docs/images/', import.meta.url)
const WIDTH = 1000
/** In seconds. */
const TTL = '20'
/** Milliseconds after the circuit has opened. */
const IN_THE_MIDDLE = 8000

/** The expressions of each picture, from top to bottom. */
const GRAPHS = {
  'requests-by-status': [
    'sum by (status) (rate(http_requests_total{job="notification",method="POST"}[10s]))',
  ],
  failures: ['sum by (instance) (circuit_breaker_error_total)'],
  state: [
    'circuit_breaker_state{instance="notification-1"}',
    'circuit_breaker_state{instance="notification-2"}',
  ],
}

const ports = await choosePorts()
const system = new System(ports)
try {
  await Promise.race([run(), system.lost])
} finally {
  await system.stop()
}
process.exit()

async function run() {
  const executablePath = requireProgram('chromium')
  await system.start({ ttl: TTL })
  const browser = await chromium.launch({ executablePath, args: ['--disable-gpu'] })
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 320 } })
  await new Outage(ports).play(() => pictureStatus(page))
  for (const [name, expressions] of Object.entries(GRAPHS)) {
    await pictureGraphs(page, name, expressions)
  }
  await browser.close()
}

/** @param {Page} page */
async function pictureStatus(page) {
  await page.goto(`http://localhost:${ports['notification-2']}/circuits`)
  await page.waitForTimeout(IN_THE_MIDDLE)
  await save(page, 'status-page')
}

/**
 * @param {Page} page
 * @param {string} name
 * @param {readonly string[]} expressions
 */
async function pictureGraphs(page, name, expressions) {
  const graphs = expressions.map((expression, i) => ({
    [`g${i}.expr`]: expression,
    [`g${i}.tab`]: '0',
    [`g${i}.range_input`]: '2m',
  }))
  const search = new URLSearchParams(Object.assign({}, ...graphs))
  await page.goto(`http://localhost:${ports.prometheus}/classic/graph?${search}`)
  for (const [i] of expressions.entries()) {
    const lines = page.locator('.graph_container').nth(i).locator('svg path')
    await lines.first().waitFor({ state: 'attached' })
  }
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    // The bar at the top is fixed: in a page that is scrolled, the picture would have it in the middle.
    document.querySelector('nav')?.setAttribute('style', 'position: absolute')
  })
  await save(page, `prometheus-${name}`)
}

/**
 * @param {Page} page
 * @param {string} name
 */
async function save(page, name) {
  const path = fileURLToPath(new URL(`${name}.png`, IMAGES))
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: WIDTH, height } })
  console.log(path)
}
