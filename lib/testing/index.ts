export { MemoryStorage } from './memory-storage.js'
export type { MemoryStorageOptions } from './memory-storage.js'
export { TestClock } from './test-clock.js'
