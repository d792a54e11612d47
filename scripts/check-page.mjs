/** Bundles a page with the installed library, opens it in headless Chromium, and reads what it shows. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { requireProgram } from './programs.mjs'

/** @import { RequestListener } from 'node:http' */

const SECONDS = 30

const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-sync',
  '--no-first-run',
]

/** @param {string} consumer a project that has the fixtures and the library */
export async function checkPage(consumer) {
  const executablePath = requireProgram('chromium')
  const files = {
    '/': await readFile(join(consumer, 'page.html')),
    '/page.js': await bundle(consumer),
  }
  const service = await serveFailures()
  const site = await serveSite(files, service.origin)
  try {
    const { lines, version } = await readPage(
      executablePath,
      `${site.origin}/?api=${service.origin}`,
    )
    assert.deepEqual(lines, [...storyOf('xhr'), ...storyOf('fetch'), 'the end'])
    assert.deepEqual(service.calls, ['xhr', 'fetch'].flatMap(callsOf))
    return `Chromium ${version}`
  } finally {
    site.close()
    service.close()
  }
}

/** @param {string} adapter */
const callsOf = (adapter) => [1, 2, 3].map(() => `/${adapter}`)

/** @param {string} adapter */
function storyOf(adapter) {
  const refusal = `${adapter}: refused, opened, for about a minute`
  return ['500', '500', `${adapter}: closed to opened`, '500', refusal, refusal]
}

/**
 * @param {string} executablePath
 * @param {string} url
 */
async function readPage(executablePath, url) {
  const browser = await chromium.launch({ executablePath, args: QUIET })
  try {
    const page = await browser.newPage()
    /** @type {string[]} */
    const errors = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url)
    const end = page.locator('li', { hasText: 'the end' })
    await end.waitFor({ timeout: SECONDS * 1000 }).catch((error) => errors.push(error.message))
    const lines = await page.locator('li').allTextContents()
    assert.deepEqual(errors, [], [...errors, ...lines].join('\n'))
    return { lines, version: browser.version() }
  } finally {
    await browser.close()
  }
}

/** A service on another origin. It fails, and every page may read its responses. */
async function serveFailures() {
  /** @type {(string | undefined)[]} */
  const calls = []
  const headers = { 'access-control-allow-origin': '*', 'content-type': 'application/json' }
  const server = await serve((request, response) => {
    calls.push(request.url)
    response.writeHead(500, headers)
    response.end('{"error":"broken"}')
  })
  return { ...server, calls }
}

/**
 * Serves the page, under a policy that allows only its own script and calls to the service.
 *
 * @param {Readonly<Record<string, Uint8Array>>} files by their paths
 * @param {string} service
 */
function serveSite(files, service) {
  const policy = `default-src 'none'; script-src 'self'; connect-src ${service}`
  return serve((request, response) => {
    const [path = ''] = request.url?.split('?') ?? []
    response.setHeader('content-type', path === '/' ? 'text/html' : 'text/javascript')
    response.setHeader('content-security-policy', policy)
    response.end(files[path])
  })
}

/** @param {string} consumer */
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

/** @param {RequestListener} listener */
async function serve(listener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { origin: `http://127.0.0.1:${port}`, close }
}
