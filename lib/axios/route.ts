/** How a request finds its circuit. */
import type { InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'

/**
 * Guards, fallbacks and marks belong to a route, and are compared by it. A circuit is the route of all
 * requests to itself. Another route may lead each request to a different circuit.
 */
export interface Route {
  /** Called in the guard, when the URL and `baseURL` are final. @returns undefined if no circuit guards it */
  circuitOf(config: InternalAxiosRequestConfig): ManagedCircuit | undefined
  /** The circuit of this name, if the route leads to it. */
  circuitNamed(name: string): ManagedCircuit | undefined
}
