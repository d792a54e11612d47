/** Bundles a page with the installed library, opens it in headless Chromium, and reads what it shows. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { ensureProgram } from './programs.mjs'

const SECONDS = 30

const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-sync',
  '--no-first-run',
]

/** @param consumer a project that has the fixtures and the library */
export async function checkPage(consumer) {
  const executablePath = ensureProgram('chromium', 'chromium')
  const service = await serveFailures()
  const site = await serveSite(consumer, service.origin)
  const browser = await chromium.launch({ executablePath, args: QUIET })
  try {
    const lines = await readPage(browser, `${site.origin}/?api=${service.origin}`)
    assert.deepEqual(lines, [...storyOf('xhr'), ...storyOf('fetch'), 'the end'])
    assert.deepEqual(service.calls, ['xhr', 'fetch'].flatMap(callsOf))
    return `Chromium ${browser.version()}`
  } finally {
    await browser.close()
    for (const server of [service.server, site.server]) server.close()
  }
}

const callsOf = (adapter) => [1, 2, 3].map(() => `/${adapter}`)

function storyOf(adapter) {
  const refusal = `${adapter}: refused, opened, for about a minute`
  return ['500', '500', `${adapter}: closed to opened`, '500', refusal, refusal]
}

async function readPage(browser, url) {
  const page = await browser.newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  const end = page.locator('li', { hasText: 'the end' })
  await end.waitFor({ timeout: SECONDS * 1000 }).catch((error) => errors.push(error.message))
  const lines = await page.locator('li').allTextContents()
  assert.deepEqual(errors, [], [...errors, ...lines].join('\n'))
  return lines
}

/** A service on another origin, that fails and lets every page read so. */
async function serveFailures() {
  const calls = []
  const headers = { 'access-control-allow-origin': '*', 'content-type': 'application/json' }
  const { server, origin } = await serve((request, response) => {
    calls.push(request.url)
    response.writeHead(500, headers)
    response.end('{"error":"broken"}')
  })
  return { server, origin, calls }
}

/** The page, under a policy that forbids it all but its own script and calls to the service. */
async function serveSite(consumer, service) {
  const html = await readFile(join(consumer, 'page.html'), 'utf8')
  const script = await bundle(consumer)
  const policy = `default-src 'none'; script-src 'self'; connect-src ${service}`
  return serve((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.setHeader('content-security-policy', policy)
    response.end(isScript ? script : html)
  })
}

async function bundle(consumer) {
  const { outputFiles } = await build({
    absWorkingDir: consumer,
    entryPoints: ['page.mjs'],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0].contents
}

async function serve(listener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://127.0.0.1:${server.address().port}` }
}
