export { RedisStorage } from './redis-storage.js'
export type { RedisStorageOptions } from './redis-storage.js'
export type { RedisClient } from './client.js'
export type { SharingOptions } from '../storage/sharing.js'
