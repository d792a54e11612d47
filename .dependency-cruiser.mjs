/**
 * The rooms of lib: a folder is a permission to import. Each room names the rooms, packages and built-in
 * modules of Node that it may use; it may use nothing else. Type imports count as well.
 */
/** @type {Record<string, { rooms?: string[], packages?: string[], node?: string[] }>} */
const ROOMS = {
  internal: { packages: ['zod'] },
  circuit: {},
  axios: { rooms: ['circuit', 'internal'], packages: ['axios'] },
  breaker: { rooms: ['axios', 'circuit', 'internal'] },
  storage: { rooms: ['circuit'] },
  fleet: { rooms: ['breaker/membership', 'circuit', 'fleet/flow', 'internal', 'storage'] },
  'fleet/flow': {
    rooms: ['circuit/force', 'circuit/opening/terms', 'circuit/ttl', 'circuit/types', 'storage'],
  },
  redis: {
    rooms: ['circuit', 'fleet', 'internal', 'storage'],
    packages: ['redis', 'ioredis'],
    node: ['crypto', 'net'],
  },
  testing: { rooms: ['circuit', 'fleet', 'internal', 'storage'] },
  observe: { rooms: ['circuit', 'internal'] },
  metrics: { rooms: ['circuit', 'internal', 'observe'] },
  'metrics/prometheus': {
    rooms: ['circuit', 'internal', 'metrics', 'observe'],
    packages: ['prom-client'],
  },
  'metrics/opentelemetry': {
    rooms: ['circuit', 'internal', 'metrics', 'observe'],
    packages: ['@opentelemetry/api'],
  },
  'status-page': {
    rooms: ['circuit', 'internal', 'observe'],
    node: ['crypto', 'http'],
  },
  cli: {
    rooms: ['circuit', 'internal', 'redis', 'storage'],
    packages: ['redis'],
    node: ['fs', 'os', 'readline/promises', 'util'],
  },
}

/** `metrics` is the files of that folder, without the folders in it. */
function within(room) {
  const inner = Object.keys(ROOMS).filter((name) => name.startsWith(`${room}/`))
  const except = inner.map((name) => `(?!${name.slice(room.length + 1)}/)`).join('')
  return `^lib/${room}(/${except}|[.])`
}

const permissions = Object.entries(ROOMS).map(
  ([room, { rooms = [], packages = [], node = [] }]) => ({
    name: `room-${room.replace('/', '-')}`,
    severity: 'error',
    from: { path: within(room) },
    to: {
      pathNot: [
        within(room),
        ...rooms.map((name) => within(name)),
        ...packages.map((name) => `(^|node_modules/)${name}(/|$)`),
        ...node.map((name) => `^(node:)?${name}$`),
      ],
    },
  }),
)

export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'What goes in a circle cannot be read, or tried, by itself.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...permissions,
    {
      name: 'zod-in-validation-only',
      severity: 'error',
      from: { path: '^lib/internal/', pathNot: '^lib/internal/validation[.]ts$' },
      to: { path: 'node_modules/zod/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.mts', '.js', '.mjs'],
      conditionNames: ['import', 'types', 'default'],
      exportsFields: ['exports'],
    },
    skipAnalysisNotInRules: false,
  },
}
