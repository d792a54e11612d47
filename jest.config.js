import { availableParallelism } from 'node:os'

/** AXIOS names the copy of axios that the specs run against: one of the aliases in package.json. */
const axios = process.env.AXIOS ?? 'axios'

/**
 * Specs that take long, such as outages, dead connections, a benchmark, or many processes of a fleet. `npm test`
 * leaves them out; `npm run specs:long` runs them, and so does whatever decides that a change may land.
 */
const LONG = [
  'bench',
  'breaker/groups-memory',
  'charts',
  'cli/(?:cluster|faults|large)',
  'demo-redis.spec',
  'fleet/(?:forces|frozen|quorum|random-errors|rates|releases|rolling-deploy|in-process/noise)',
  'microservices',
  'outages/',
  'redis/(?:close|dead-connections|groups|many-breakers)',
  'status-page/browser',
]

/** Specs of one process, which share nothing with others: as many at once as there are cores. */
const UNIT = [
  'axios/',
  'breaker/',
  'circuit/',
  'fleet/(?:circuits|flow/|link|proven-window)',
  'internal/',
  'metrics/',
  'observe/',
  'plugins/',
]

/** Specs of circuits that are shared, most of which start processes of redis-server. */
const FLEET = ['fleet/(?!circuits|flow/|link|proven-window)', 'redis/', 'storage/']

/** @param {string[]} names */
const oneOf = (names) => `(?:${names.join('|')})`

/**
 * @param {string} displayName
 * @param {{ only?: string[], except?: string[] }} specs
 */
const project = (displayName, { only = [''], except }) => ({
  displayName,
  roots: ['<rootDir>/lib', '<rootDir>/spec'],
  testRegex: [`/spec/(?=${oneOf(only)})${except ? `(?!${oneOf(except)})` : ''}.*\\.spec\\.ts$`],
  testEnvironment: '<rootDir>/spec/support/environment.cjs',
  transform: { '\\.m?[jt]s$': '<rootDir>/spec/support/transform.cjs' },
  transformIgnorePatterns: ['/node_modules/(?!(axios-auth-refresh|@nestjs|cockatiel)/)'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^axios$': axios,
  },
})

export default {
  // Each spec is in one of them: `rest` has what no other has.
  projects: [
    project('unit', { only: UNIT, except: LONG }),
    project('fleet', { only: FLEET, except: LONG }),
    project('rest', { except: [...UNIT, ...FLEET, ...LONG] }),
    project('long', { only: LONG }),
  ],
  // Many specs mostly wait. Jest reads no percentage above 100.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  // Specs wait for conditions: a busy machine is no reason to fail.
  testTimeout: 60_000,
  // Each file leaves hooks behind that slow down every promise of the next: a worker is replaced now and then.
  workerIdleMemoryLimit: '400MB',
  // `npm run coverage` runs the unit specs, so it looks at the rooms that they are about. The floor is what was
  // measured, rounded down: raise it with new specs, and lower it only with the reason.
  collectCoverageFrom: ['lib/{axios,breaker,circuit,metrics,observe}/**/*.ts'],
  coverageThreshold: {
    './lib/axios/': { statements: 96, branches: 93, functions: 96, lines: 97 },
    './lib/breaker/': { statements: 95, branches: 93, functions: 93, lines: 96 },
    './lib/circuit/': { statements: 77, branches: 79, functions: 80, lines: 77 },
    './lib/metrics/': { statements: 99, branches: 97, functions: 99, lines: 99 },
    './lib/observe/': { statements: 99, branches: 99, functions: 99, lines: 99 },
  },
}
