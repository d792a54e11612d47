export { RedisStorage } from './redis-storage.js'
export type { RedisStorageOptions } from './redis-storage.js'
export type { IORedisClient, NodeRedisClient, RedisClient } from './client.js'
export type { SharingOptions } from '../fleet/sharing.js'
