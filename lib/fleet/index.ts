export { Storage } from './storage.js'
export type {
  Answer,
  Command,
  Connection,
  ConnectionListener,
  Question,
  Snapshot,
  Terms,
} from '../storage/contract.js'
export type { SharingOptions } from './sharing.js'
