/** Viewers who leave before the page answers them. */
import type { ServerResponse } from 'node:http'
import { property } from '../internal/property.js'

/**
 * Whether the connection was closed already, for instance while somebody's authentication took its time. Then
 * no event says so any more.
 */
export function isGone(response: ServerResponse): boolean {
  // The response of HTTP/2 does not know, but its stream does.
  return response.destroyed || property(property(response, 'stream'), 'destroyed') === true
}
