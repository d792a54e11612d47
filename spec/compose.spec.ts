/** docker-compose.yml names only files that exist, and gives every program what it reads. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { safeLoad } from 'js-yaml'
import { root } from './support/program.js'

interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command: string
  readonly environment?: Readonly<Record<string, string>>
  readonly ports: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[]
}

const folder = join(root, 'examples/microservices')
const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
const { services } = safeLoad(read('docker-compose.yml')) as { services: Record<string, Service> }
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined)

/** The variables of its environment that a script reads, and the scripts next to it that it imports. */
function variablesOf(script: string): string[] {
  const code = read(script)
  const [, names = ''] = /^const \{(.*)\} = process\.env$/m.exec(code) ?? []
  const imported = [...code.matchAll(/from '\.\/([\w-]+\.mjs)'/g)].map(([, file = '']) => file)
  const own = names.split(',').map((name) => name.replace(/=.*/, '').trim())
  return [...own.filter(Boolean), ...imported.flatMap(variablesOf)]
}

/** The ports on which each program listens when it runs on the loopback. */
function settledPorts(): Record<string, string> {
  const entries = read('settings.mjs').matchAll(/^ {2}'?([\w-]+)'?: (\d+),$/gm)
  return Object.fromEntries(Array.from(entries, ([, name, port]) => [name, port]))
}

it('starts the services that run without Docker', () => {
  const { smtp: _, ...ports } = settledPorts()
  expect(Object.keys(services).toSorted()).toEqual(Object.keys(ports).toSorted())
  expect(ours.length).toBe(4)
})

it('builds them from files that exist', () => {
  for (const [, { build }] of ours) {
    const context = join(folder, String(build?.context))
    const dockerfile = readFileSync(join(context, String(build?.dockerfile)), 'utf8')
    const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    )
    const run = [...dockerfile.matchAll(/^RUN node (\S+)$/gm)].map(([, file = '']) => file)
    expect(copied.length).toBeGreaterThan(3)
    expect([...copied, ...run].filter((file) => !existsSync(join(context, file)))).toEqual([])
    expect(copied).toEqual(expect.arrayContaining([...run.map((file) => dirname(file)), 'lib']))
  }
})

it.each(ours)(
  '%s runs a script that exists, and sets all variables that it reads',
  (_, service) => {
    const [, script = ''] = /^node (\S+\.mjs)$/.exec(service.command) ?? []
    expect(dirname(join(root, script))).toBe(folder)
    const variables = variablesOf(script.slice('examples/microservices/'.length))
    expect(new Set(Object.keys(service.environment ?? {}))).toEqual(new Set(variables))
    expect(service.environment?.HOST).toBe('0.0.0.0')
  },
)

it.each(ours)(
  '%s listens on the same port as on the loopback, and publishes it',
  (name, service) => {
    const { PORT, SMTP_PORT } = service.environment ?? {}
    expect(PORT).toBe(settledPorts()[name])
    const published = [PORT, SMTP_PORT].filter((port) => port !== undefined)
    expect(service.ports).toEqual(published.map((port) => `127.0.0.1:${port}:${port}`))
  },
)

it.each(Object.entries(services))('%s is published on the loopback only', (name, { ports }) => {
  expect(ports[0]).toMatch(new RegExp(`^127\\.0\\.0\\.1:${settledPorts()[name]}:\\d+$`))
})

it.each(Object.entries(services))('%s depends on services that there are', (_, service) => {
  const urls = Object.values(service.environment ?? {}).filter((value) => value.includes('://'))
  const hosts = urls.map((url) => new URL(url))
  const known = Object.keys(services)
  expect(known).toEqual(expect.arrayContaining([...(service.depends_on ?? [])]))
  for (const { hostname, port } of hosts) {
    expect(service.depends_on).toContain(hostname)
    const other = services[hostname]
    const targets = other?.ports.map((published) => published.split(':').at(-1))
    expect(targets).toContain(port)
  }
})

describe('Prometheus', () => {
  const { volumes = [], command = '', ports = [] } = services.prometheus ?? {}
  const mounts = volumes.map((volume) => volume.split(':'))

  it('gets files that exist, at the paths of its configuration', () => {
    expect(mounts.filter(([source = '']) => !existsSync(join(folder, source)))).toEqual([])
    const targets = mounts.map(([, target]) => target)
    const config = /--config\.file=(\S+)/.exec(command)?.[1] ?? ''
    const { rule_files: rules } = safeLoad(read('prometheus.yml')) as { rule_files: string[] }
    expect(targets).toEqual([config, ...rules.map((file) => join(dirname(config), file))])
  })

  it('listens on the port that is published', () => {
    const port = /--web\.listen-address=:(\d+)/.exec(command)?.[1]
    expect(ports).toEqual([`127.0.0.1:${port}:${port}`])
  })

  it('scrapes each of our services where it listens', () => {
    const targets = read('prometheus.yml').match(/(?<=')[\w-]+:\d+(?=')/g)
    expect(targets?.toSorted()).toEqual(
      ours.map(([name, { environment }]) => `${name}:${environment?.PORT}`).toSorted(),
    )
  })
})
