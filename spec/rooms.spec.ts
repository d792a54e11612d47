/** A folder is a permission to import: each rule of the rooms refuses what would break it. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve(__dirname, '..')
let copy = ''

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'rooms-'))
  cpSync(join(root, '.oxlintrc.json'), join(copy, '.oxlintrc.json'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true }))

function lint(file: string, line: string): string {
  const path = join(copy, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${line}\n`)
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const { stdout } = spawnSync(process.execPath, [oxlint, file], { cwd: copy, encoding: 'utf8' })
  rmSync(path)
  return stdout
}

it.each([
  ['lib/circuit/local-circuit.ts', 'axios'],
  ['lib/circuit/local-circuit.ts', 'zod/v4/core'],
  ['lib/circuit/local-circuit.ts', '../property.js'],
  ['lib/circuit/local-circuit.ts', '../axios/guard.js'],
  ['lib/circuit/local-circuit.ts', 'node:events'],
  ['lib/axios/guard.ts', 'zod/v4/core'],
  ['lib/axios/guard.ts', 'node:http'],
  ['lib/axios/guard.ts', '../circuit-breaker.js'],
  ['lib/axios/guard.ts', '../config.js'],
  ['lib/axios/guard.ts', '../events.js'],
  ['lib/circuit-breaker.ts', 'axios'],
  ['lib/events.ts', 'zod'],
  ['lib/validation.ts', 'axios'],
  ['lib/config.ts', 'node:fs'],
  ['lib/config.ts', 'zod/v4/core'],
  ['lib/config.ts', 'redis'],
  ['lib/circuit-breaker.ts', './storage/fleet.js'],
  ['lib/circuit-breaker.ts', './redis/index.js'],
  ['lib/axios/guard.ts', '../storage/storage.js'],
  ['lib/storage/fleet.ts', 'redis'],
  ['lib/storage/fleet.ts', 'node:crypto'],
  ['lib/storage/fleet.ts', '../axios/guard.js'],
  ['lib/storage/fleet.ts', '../circuit-breaker.js'],
  ['lib/storage/fleet.ts', '../redis/wire.js'],
  ['lib/redis/connection.ts', 'axios'],
  ['lib/redis/connection.ts', 'zod/v4/core'],
  ['lib/redis/connection.ts', '../axios/guard.js'],
  ['lib/redis/connection.ts', '../circuit-breaker.js'],
  ['lib/testing/rules.ts', '../redis/script.js'],
  ['lib/status-page/watch.ts', 'axios'],
  ['lib/status-page/watch.ts', 'redis'],
  ['lib/status-page/watch.ts', 'zod/v4/core'],
  ['lib/status-page/watch.ts', 'node:http'],
  ['lib/status-page/watch.ts', 'node:fs'],
  ['lib/status-page/watch.ts', 'node:child_process'],
  ['lib/status-page/watch.ts', '../circuit-breaker.js'],
  ['lib/status-page/watch.ts', '../events.js'],
  ['lib/status-page/watch.ts', '../index.js'],
  ['lib/status-page/watch.ts', '../circuit/managed-circuit.js'],
  ['lib/status-page/watch.ts', '../axios/guard.js'],
  ['lib/status-page/watch.ts', '../storage/fleet.js'],
  ['lib/circuit-breaker.ts', './metrics/prometheus.js'],
  ['lib/circuit-breaker.ts', 'prom-client'],
  ['lib/circuit/managed-circuit.ts', '@opentelemetry/api'],
  ['lib/axios/guard.ts', '@opentelemetry/api'],
  ['lib/storage/fleet.ts', '../metrics/prometheus.js'],
  ['lib/storage/fleet.ts', 'prom-client'],
  ['lib/redis/connection.ts', 'prom-client'],
  ['lib/metrics/group.ts', 'prom-client'],
  ['lib/metrics/group.ts', '@opentelemetry/api'],
  ['lib/metrics/group.ts', 'node:http'],
  ['lib/metrics/group.ts', 'axios'],
  ['lib/metrics/group.ts', '../circuit-breaker.js'],
  ['lib/metrics/group.ts', '../circuit/managed-circuit.js'],
  ['lib/metrics/group.ts', '../storage/link.js'],
  ['lib/metrics/group.ts', '../axios/guard.js'],
  ['lib/metrics/prometheus.ts', '@opentelemetry/api'],
  ['lib/metrics/prometheus.ts', '../index.js'],
  ['lib/metrics/opentelemetry.ts', 'prom-client'],
  ['lib/metrics/opentelemetry.ts', '../redis/wire.js'],
])('%s may not import %s', (file, module) => {
  expect(lint(file, `export * as other from '${module}'`)).toContain('no-restricted-imports')
})

it.each([
  ['lib/circuit/local-circuit.ts', './types.js'],
  ['lib/axios/guard.ts', 'axios'],
  ['lib/axios/guard.ts', '../circuit/managed-circuit.js'],
  ['lib/validation.ts', 'zod/v4/core'],
  ['lib/circuit-breaker.ts', './axios/intercept.js'],
  ['lib/circuit-breaker.ts', './storage/membership.js'],
  ['lib/storage/fleet.ts', '../circuit/types.js'],
  ['lib/redis/connection.ts', '../storage/storage.js'],
  ['lib/redis/wire.ts', 'node:crypto'],
  ['lib/redis/redis-storage.ts', 'redis'],
  ['lib/testing/memory-storage.ts', '../storage/storage.js'],
  ['lib/status-page/watch.ts', '../circuit/types.js'],
  ['lib/status-page/options.ts', '../validation.js'],
  ['lib/status-page/document.ts', 'node:crypto'],
  ['lib/metrics/group.ts', '../circuit/types.js'],
  ['lib/metrics/group.ts', './observed.js'],
  ['lib/metrics/prometheus.ts', 'prom-client'],
  ['lib/metrics/prometheus.ts', '../validation.js'],
  ['lib/metrics/opentelemetry-circuit.ts', '@opentelemetry/api'],
])('%s may import %s', (file, module) => {
  expect(lint(file, `export * as other from '${module}'`)).not.toContain('no-restricted-imports')
})

it('lib/status-page may import the types of node:http', () => {
  const line = "import type { ServerResponse } from 'node:http'\nexport type { ServerResponse }"
  expect(lint('lib/status-page/stream.ts', line)).not.toContain('no-restricted-imports')
})
