/** How a request finds its circuit. */
import type { InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'

/**
 * What guards, fallbacks and marks stand for, and are compared by. A circuit is the route of all
 * requests to itself; another route may lead each request to a circuit of its own.
 */
export interface Route {
  /** Asked in the guard, where the URL and `baseURL` are final. Undefined if none guards the request. */
  circuitOf(config: InternalAxiosRequestConfig): ManagedCircuit | undefined
  /** The circuit of this name, if the route leads to it. */
  circuitNamed(name: string): ManagedCircuit | undefined
}
