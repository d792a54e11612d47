/** The code in docs/many-hosts.md does what the page says of it: each snippet runs in a process of its own. */
import ts from 'typescript'
import { runScript } from '../scripts/run.mjs'
import { App, snippetsOf } from './support/document.js'
import { Upstream } from './support/upstream.js'

jest.setTimeout(60_000)

const snippets = snippetsOf('docs/many-hosts.md')

let app: App
let upstream: Upstream
beforeEach(async () => {
  app = new App()
  upstream = await Upstream.start()
})
afterEach(async () => {
  app.remove()
  await upstream.stop()
})

/** Runs the code below this heading, and then a script that may use what it exports. @returns its JSON */
async function run(
  heading: string,
  names: string,
  script: string,
  change = (code: string) => code,
) {
  const code = snippets.find((it) => it.heading === heading)?.code ?? ''
  const { outputText } = ts.transpileModule(change(code), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  app.write('snippet.js', outputText)
  const start = `import axios from 'axios'\nimport ${names} from './snippet.js'\n`
  return JSON.parse(await runScript(start + script, { cwd: app.folder })) as unknown
}

const names = 'breaker.circuits.map(({ name }) => name)'

it('contains only TypeScript, which another spec compiles', () => {
  expect(snippets.map(({ language }) => language)).toEqual(Array(6).fill('ts'))
})

it('names the circuit of a request by its host', async () => {
  const change = (code: string) =>
    `${code.replace('https://api.example.com', upstream.origin)}\nexport { breaker, circuits }\n`.replace(
      'group.circuits //',
      'const circuits = group.circuits //',
    )
  const found = await run(
    'Many hosts',
    '{ breaker, circuits }',
    `console.log(JSON.stringify({ made: circuits.map(({ name }) => name), left: ${names} }))`,
    change,
  )
  expect(found).toEqual({ made: [new URL(upstream.origin).host], left: [] })
})

it('detaches what nobody has used', async () => {
  const found = await run(
    'The bound',
    '{ breaker, sweep }',
    `const send = (host) => axios.get('http://' + host + ':1/').catch(() => undefined)
    await send('127.0.0.1')
    await send('127.0.0.2')
    sweep()
    const first = breaker.circuits.length
    await send('127.0.0.2')
    await breaker.circuit('127.0.0.1:1').force('opened')
    sweep()
    const second = ${names}
    await breaker.circuit('127.0.0.1:1').unforce()
    sweep()
    console.log(JSON.stringify([first, second, ${names}]))`,
    (code) => `${code}\nexport { breaker }\n`,
  )
  expect(found).toEqual([2, ['127.0.0.1:1', '127.0.0.2:1'], []])
})

it.each([
  [
    'A circuit for each tenant',
    'byTenant',
    "{ headers: new axios.AxiosHeaders({ 'x-tenant': 'acme' }) }",
    'acme',
  ],
  [
    'A circuit for each tenant',
    'byTenant',
    "{ headers: new axios.AxiosHeaders({ 'x-tenant': 'a/b' }) }",
    null,
  ],
  ['A circuit for each tenant', 'byTenant', '{ headers: new axios.AxiosHeaders() }', null],
  ['A circuit for each route', 'byRoute', "{ url: '/search?q=x' }", 'shop: search'],
  ['A circuit for each route', 'byRoute', "{ url: '/orders/7/items' }", 'shop: one order'],
  ['A circuit for each route', 'byRoute', "{ url: '/orders?page=7' }", 'shop: orders'],
  ['A circuit for each route', 'byRoute', '{}', 'shop: others'],
  ['A circuit for each region', 'byRegion', "{ baseURL: 'https://eu.api.example' }", 'eu'],
  ['A circuit for each region', 'byRegion', "{ baseURL: 'https://asia.api.example' }", null],
  ['A gateway of microservices', 'byService', "{ baseURL: 'http://orders.internal' }", 'orders'],
  ['A gateway of microservices', 'byService', "{ baseURL: 'http://evil.example' }", null],
])('%s: %s(%s) is %j', async (heading, nameOf, config, expected) => {
  const script = `console.log(JSON.stringify(${nameOf}(${config}) ?? null))`
  expect(await run(heading, `{ ${nameOf} }`, script)).toBe(expected)
})

it('asks the next region while one is down', async () => {
  const { port } = new URL(upstream.origin)
  const found = await run(
    'A circuit for each region',
    '{ api, breaker }',
    `const get = () => api.get('/', { baseURL: 'http://eu.localhost:1' }).then(({ status }) => status, ({ code }) => code)
    const answers = []
    for (let count = 0; count < 7; count += 1) answers.push(await get())
    console.log(JSON.stringify({ answers, state: breaker.circuit('eu').state, names: ${names} }))`,
    // Host names of regions that lead to this machine: one region is down, the other is up.
    (code) =>
      `${code.replace('timeout: 2000', `timeout: 2000, lookup: (_host, _options, done) => done(null, '127.0.0.1', 4)`)}\nexport { api }\n`.replace(
        '`//${to}.`)',
        `\`//\${to}.\`).replace(':1', ':${port}')`,
      ),
  )
  expect(found).toEqual({
    answers: [...Array<string>(5).fill('ECONNREFUSED'), 200, 200],
    state: 'opened',
    names: ['eu'],
  })
})

it('the gateway answers 503 for one service, and goes on with the other', async () => {
  const found = await run(
    'A gateway of microservices',
    '{ app, breaker }',
    `const server = app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const get = (path) => fetch('http://127.0.0.1:' + server.address().port + path)
    const statuses = []
    for (let count = 0; count < 6; count += 1) statuses.push((await get('/users/status/500')).status)
    const refused = await get('/users/status/200')
    statuses.push((await get('/orders/status/200')).status, (await get('/unknown/status/200')).status)
    console.log(JSON.stringify({ statuses, retryAfter: refused.headers.get('retry-after'), names: ${names} }))
    server.close()
    server.closeAllConnections()`,
    (code) =>
      code
        .replace('http://users.internal', upstream.origin)
        .replace('http://orders.internal', `${upstream.origin}/`),
  )
  expect(found).toEqual({
    statuses: [500, 500, 500, 500, 500, 503, 200, 404],
    retryAfter: expect.stringMatching(/^(10|9)$/),
    names: ['users', 'orders'],
  })
})
