/**
 * The states of the link:
 *
 *   idle ──init()──▶ joining ──the storage answers──▶ up ◀──┐
 *                       │                             │     │ the storage answers
 *                       └───── it does not ─────▶ lost ◀────┘ ──retried──▶
 *
 * `close()` leads back to idle from every state.
 */
import type { Joining } from './joining.js'
import type { Loss } from './loss.js'

export type LinkState = { readonly name: 'idle' } | Joining | { readonly name: 'up' } | Loss

export const IDLE: LinkState = { name: 'idle' }
export const UP: LinkState = { name: 'up' }
