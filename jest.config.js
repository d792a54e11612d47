/** AXIOS names the copy of axios that the specs run against: one of the aliases in package.json. */
const axios = process.env.AXIOS ?? 'axios'

export default {
  roots: ['<rootDir>/lib', '<rootDir>/spec'],
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  testEnvironment: 'node',
  // Specs wait for conditions: a busy machine is no reason to fail.
  testTimeout: 60_000,
  // Each file leaves hooks behind that slow down every promise of the next: a worker is replaced now and then.
  workerIdleMemoryLimit: '400MB',
  transform: { '\\.m?[jt]s$': ['babel-jest', { configFile: './spec/babel.config.json' }] },
  transformIgnorePatterns: ['/node_modules/(?!(axios-auth-refresh|@nestjs|cockatiel)/)'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^axios$': axios,
  },
  collectCoverageFrom: ['lib/**/*.ts'],
}
