/** Runs the programs of docs/steering.md exactly as shown, against real services. */
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Running, runScript } from '../scripts/run.mjs'
import { documentOf, type Row } from '../lib/cli/rows.js'
import { App, snippetsOf, tableBelow } from './support/document.js'
import { Host } from './support/hosted.js'
import { until } from './support/until.js'
import { Upstream } from './support/upstream.js'

const snippets = snippetsOf('docs/steering.md')

function codeOf(heading: string): string {
  const snippet = snippets.find((it) => it.heading === heading && it.language === 'js')
  if (!snippet) throw new Error(`No program below ${heading}`)
  return `${snippet.code}\nexport { circuit }\n`
}

const FORCE = { circuit: 'users', state: 'closed', version: 1 } as const

let app: App
beforeEach(() => {
  app = new App()
})
afterEach(() => app.remove())

it('has only programs that run here', () => {
  const headings = snippets.flatMap((it) => (it.language === 'js' ? [it.heading] : []))
  expect(headings).toEqual(['A stream that breaks midway', 'Server-sent events'])
})

it('lists the fields that the command line prints as JSON', () => {
  const row: Row = { circuit: 'users', ownState: 'opened', forced: FORCE, problem: 'why' }
  const fields = tableBelow('docs/steering.md', 'These are the fields of a circuit')
  const names = fields.map(({ field = '' }) => field.replaceAll('`', ''))
  expect(names).toEqual(expect.arrayContaining(Object.keys(documentOf(row))))
  expect(names).toHaveLength(Object.keys(documentOf(row)).length)
})

describe('A stream that breaks midway', () => {
  let upstream: Upstream
  beforeEach(async () => {
    upstream = await Upstream.start()
  })
  afterEach(() => upstream.stop())

  /** Runs lines that use `download`, `tried` and `circuit`. @returns what they print */
  function run(lines: string, code = codeOf('A stream that breaks midway')): Promise<string> {
    app.write('files.js', code)
    const script = `
      process.env.FILES_URL = ${JSON.stringify(upstream.origin)}
      const { circuit, download } = await import('./files.js')
      const file = ${JSON.stringify(join(app.folder, 'file'))}
      const tried = (path, to = file, signal) =>
        download(path, to, signal).then(() => 'saved', (error) => error.code ?? error.message)
      ${lines}`
    return runScript(script, { cwd: app.folder })
  }

  it('opens the circuit together with the next one', async () => {
    const output = await run(`
      console.log(await tried('/big'), circuit.failureCount)
      console.log(await tried('/cut/200'), circuit.failureCount)
      console.log(await tried('/cut/200'), circuit.state)
      console.log(await tried('/big'))`)
    expect(output.split('\n')).toEqual([
      'saved 0',
      'ECONNRESET 1',
      'ECONNRESET opened',
      'ERR_CIRCUIT_OPENED',
    ])
  })

  it('would never open it if the headers counted', async () => {
    const code = codeOf('A stream that breaks midway')
    const counting = code.replace("? 'ignored'", '? undefined')
    expect(counting).not.toBe(code)
    const output = await run(
      `for (let count = 0; count < 5; count += 1) await tried('/cut/200')
       console.log(circuit.state, circuit.failureCount)`,
      counting,
    )
    expect(output).toBe('closed 1')
  })

  it('no longer counts after a stream that ends well, and adds up with an error status', async () => {
    const output = await run(`
      console.log(await tried('/cut/200'), await tried('/big'), circuit.failureCount)
      console.log(await tried('/status/500'), await tried('/cut/200'), circuit.state)`)
    expect(output).toBe('ECONNRESET saved 0\nERR_BAD_RESPONSE ECONNRESET opened')
  })

  it('is broken as well if it stalls', async () => {
    const code = codeOf('A stream that breaks midway').replace('SILENCE = 10', 'SILENCE = 0.2')
    const output = await run(`console.log(await tried('/stall/200'), circuit.failureCount)`, code)
    expect(output).toBe('The body has stalled 1')
  })

  it('does not count what the reader does', async () => {
    const output = await run(`
      process.once('exit', () => console.log(circuit.state, circuit.failureCount))
      console.log(await tried('/cut/200'), await tried('/drip/60000', '/no/such/folder'))
      const abort = new AbortController()
      const stalled = tried('/stall/200', file, abort.signal)
      setTimeout(() => abort.abort(), 200)
      console.log(await stalled)`)
    expect(output).toBe('ECONNRESET ENOENT\nERR_CANCELED\nclosed 1')
  })
})

describe('Server-sent events', () => {
  /** The connections so far, and what the feed sends on each. */
  let connections: number
  let speak: (response: ServerResponse) => void
  let service: Host
  let running: Running
  beforeEach(async () => {
    connections = 0
    service = await Host.start((_request, response) => {
      connections += 1
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      speak(response)
    })
  })
  afterEach(async () => {
    await running.kill()
    await service.stop()
  })

  /** @param ttl seconds that the circuit stays opened */
  function follow(silence: number, ttl = 60): void {
    const code = codeOf('Server-sent events')
      .replace('SILENCE = 30', `SILENCE = ${silence}`)
      .replace('PAUSE = 1', 'PAUSE = 0.01')
      .replace('threshold: 2', `threshold: 2, ttl: ${ttl}`)
    app.write('feed.js', code)
    const script = `
      process.env.FEED_URL = ${JSON.stringify(service.url)}
      const { circuit, follow } = await import('./feed.js')
      const abort = new AbortController()
      const followed = follow((text) => console.log(text.trim()), abort.signal)
      process.on('SIGTERM', async () => {
        abort.abort()
        await followed.catch(() => console.log('left with ' + circuit.failureCount))
        process.exit()
      })`
    const args = ['--input-type=module', '--eval', script]
    running = new Running(process.execPath, args, { cwd: app.folder })
  }

  const count = (text: string) => running.output.split(text).length - 1

  it.each([
    ['is silent', 'The feed is silent', () => undefined],
    ['ends', 'The feed has ended', (response: ServerResponse) => response.end()],
    ['drops', 'aborted', (response: ServerResponse) => response.socket?.destroy()],
  ])('a feed that %s opens the circuit', async (_what, message, way) => {
    speak = way
    follow(0.5)
    await until('it has failed twice', () => count(message) === 2, 10)
    running.signal('SIGTERM')
    await running.printed('left with 2')
    expect(connections).toBe(2)
  })

  it('a feed that sends something is up, and the signal ends the connection', async () => {
    let isSilent = true
    speak = (response) => {
      if (!isSilent) response.write('data: hello\n\n')
    }
    follow(0.5)
    await until('it has failed once', () => count('The feed is silent') === 1, 10)
    isSilent = false
    await running.printed('data: hello', 10)
    running.signal('SIGTERM')
    await running.printed('left with 0')
  })

  it('connects again once the circuit allows it', async () => {
    speak = (response) => {
      if (connections < 3) response.end()
      else response.write('data: hello\n\n')
    }
    follow(5, 0.5)
    await running.printed('data: hello', 10)
    expect(connections).toBe(3)
  })
})
