/** Runs the recipes of docs/recipes.md exactly as shown, in front of a real service. */
import { join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import { RedisServer } from '../scripts/redis-server.mjs'
import { Browsing } from './support/browser.js'
import { App, root, snippetsOf } from './support/document.js'
import { Host } from './support/hosted.js'
import { Running, runNode, runScript } from '../scripts/run.mjs'
import { until } from './support/until.js'
import { Upstream } from './support/upstream.js'

const LONG = 60_000
jest.setTimeout(LONG)

const snippets = snippetsOf('docs/recipes.md')
const codeOf = (heading: string): string => {
  const snippet = snippets.find((it) => it.heading === heading)
  if (!snippet) throw new Error(`No recipe for ${heading}`)
  return snippet.code
}

let upstream: Upstream
let app: App
beforeEach(async () => {
  upstream = await Upstream.start()
  app = new App()
})
afterEach(async () => {
  app.remove()
  await upstream.stop()
})

const LISTEN: Readonly<Record<string, string>> = {
  Express: 'const server = app.listen(0, "127.0.0.1", () => tell(server.address().port))',
  Fastify: 'await app.listen({ port: 0, host: "127.0.0.1" }); tell(app.server.address().port)',
  Nest: 'await app.listen(0, "127.0.0.1"); tell(app.getHttpServer().address().port)',
  'Readiness and liveness':
    'const server = app.listen(0, "127.0.0.1", () => tell(server.address().port))',
}

/** A recipe's application, in a process of its own. */
class Served extends Running {
  private constructor(heading: string) {
    app.write('recipe.js', compiled(codeOf(heading)))
    const script = `import { app } from './recipe.js'
      const tell = (port) => console.log('port ' + port)
      ${LISTEN[heading]}`
    const env = { USERS_URL: upstream.origin }
    super(process.execPath, ['--input-type=module', '--eval', script], { cwd: app.folder, env })
  }

  static async start(heading: string): Promise<Served> {
    const served = new Served(heading)
    await served.printed(/port \d+/, 30)
    return served
  }

  async get(path: string): Promise<Response> {
    const port = /port (\d+)/.exec(this.output)?.[1]
    return fetch(`http://127.0.0.1:${port}${path}`)
  }
}

function compiled(code: string): string {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  })
  return outputText
}

it('the recipe in TypeScript compiles', async () => {
  const file = app.write('nest.ts', snippets.find(({ language }) => language === 'ts')?.code ?? '')
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext']
  const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata', '--skipLibCheck']
  const tsc = join(root, 'node_modules/@typescript/native/bin/tsc')
  const args = [tsc, ...options, ...decorators, '--types', 'node', file]
  const { output } = await runNode(args, { cwd: app.folder })
  expect(output).toBe('')
})

it.each(['Express', 'Fastify', 'Nest'])('%s answers 503 with Retry-After', async (heading) => {
  const served = await Served.start(heading)
  try {
    expect((await served.get('/users/naruto')).status).toBe(200)
    upstream.status = 500
    for (let failure = 0; failure < 2; failure += 1) {
      expect((await served.get('/users/naruto')).status).toBe(500)
    }
    const refused = await served.get('/users/naruto')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^(30|29)$/)
    expect(await refused.json()).toEqual({ error: 'Try again later' })
    expect(upstream.hits).toBe(3)
  } finally {
    await served.kill()
  }
})

it('Answer from a fallback: a refusal becomes data', async () => {
  app.write('recipe.js', codeOf('Answer from a fallback'))
  const script = `
    process.env.USERS_URL = ${JSON.stringify(upstream.origin)}
    const { users } = await import('./recipe.js')
    const failures = ['/status/500', '/status/500'].map((url) => users.get(url).catch(() => 0))
    await Promise.all(failures)
    const { status, data } = await users.get('/naruto')
    console.log(status, data.retryAfter > 29)`
  expect(await runScript(script, { cwd: app.folder })).toBe('200 true')
  expect(upstream.hits).toBe(3)
})

it.each([
  ['Readiness and liveness', ['/livez', '/readyz']],
  ['Nest', ['/readyz']],
])('%s: no partner fails a probe', async (heading, paths) => {
  const served = await Served.start(heading)
  try {
    upstream.status = 503
    for (let failure = 0; failure < 3; failure += 1) await served.get('/users/naruto')
    for (const path of paths) expect((await served.get(path)).status).toBe(200)
    expect(await (await served.get('/readyz')).text()).toContain('"opened"')
  } finally {
    await served.kill()
  }
})

it('Nest closes the breaker as it shuts down', async () => {
  const served = await Served.start('Nest')
  expect((await served.get('/readyz')).status).toBe(200)
  served.signal('SIGTERM')
  await served.end()
  expect(served.output).toContain('the breaker is closed')
})

it('Serverless: what a frozen process saw, the next one knows', async () => {
  const redis = await RedisServer.start()
  app.write('recipe.js', codeOf('Serverless'))
  const invoke = async (times: number): Promise<number[]> => {
    const script = `
      process.env.USERS_URL = ${JSON.stringify(upstream.origin)}
      process.env.REDIS_URL = ${JSON.stringify(redis.url)}
      const { handler } = await import('./recipe.js')
      const statuses = []
      for (let count = 0; count < ${times}; count += 1) {
        statuses.push((await handler({ name: 'naruto' })).statusCode)
      }
      // Freeze it at once, as a platform does: it must have written everything by now.
      process.stdout.write(JSON.stringify(statuses), () => process.kill(process.pid, 'SIGKILL'))`
    const args = ['--input-type=module', '--eval', script]
    const running = new Running(process.execPath, args, { cwd: app.folder })
    await running.end()
    return JSON.parse(running.stdout) as number[]
  }
  try {
    expect(await invoke(1)).toEqual([200])
    upstream.status = 500
    expect(await invoke(2)).toEqual([502, 502])
    expect(await invoke(1)).toEqual([503])
    expect(upstream.hits).toBe(3)
  } finally {
    await redis.stop()
  }
})

it('A banner in the browser appears, and disappears by itself', async () => {
  const entry = app.write('page.js', codeOf('A banner in the browser'))
  const bundle = await build({
    entryPoints: [entry],
    absWorkingDir: app.folder,
    bundle: true,
    format: 'iife',
    write: false,
    platform: 'browser',
  })
  const [script] = bundle.outputFiles
  let status = 500
  const site = await Host.start((request, response) => {
    const isPage = request.url === '/'
    const type = isPage ? 'text/html' : 'text/javascript'
    const page =
      '<p id="banner" hidden></p><button id="load">Load</button><script src="page.js"></script>'
    const isService = request.url?.startsWith('/users')
    response.writeHead(isService ? status : 200, { 'content-type': type })
    response.end(isPage ? page : isService ? '{}' : script?.text)
  })
  const browsing = await Browsing.start()
  try {
    const { page } = await browsing.open(site.url)
    expect(await page.locator('#banner').isHidden()).toBe(true)
    await page.locator('#load').click()
    await page.locator('#load').click()
    await page.locator('#banner').waitFor({ state: 'visible' })
    expect(await page.locator('#banner').textContent()).toContain('cannot be loaded')
    status = 200
    await page.locator('#banner').waitFor({ state: 'hidden' })
  } finally {
    await browsing.stop()
    site.server.closeAllConnections()
    site.server.close()
  }
})

it('A worker that pauses loses no job, and is not refused', async () => {
  app.write('recipe.js', codeOf('A worker that pauses'))
  upstream.status = 503
  const script = `
    process.env.USERS_URL = ${JSON.stringify(upstream.origin)}
    const { work } = await import('./recipe.js')
    console.error = () => undefined
    const queue = Array.from({ length: 20 }, (_, id) => ({ id }))
    console.log('at work')
    await work(queue, AbortSignal.timeout(15_000))
    console.log('left: ' + queue.length)`
  const output = runScript(script, { cwd: app.folder })
  await until('it has met the outage', () => upstream.hits >= 2)
  upstream.status = undefined
  expect(await output).toContain('left: 0')
  // Two that opened the circuit, perhaps a probe or two, and each job once.
  expect(upstream.hits).toBeLessThanOrEqual(20 + 4)
})
