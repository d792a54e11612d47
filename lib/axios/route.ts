/** How a request finds its circuit. */
import type { InternalAxiosRequestConfig } from 'axios'
import type { ManagedCircuit } from '../circuit/managed-circuit.js'

/** The error of a refused request, which names the circuit. */
export interface RefusedBy {
  readonly circuit: string
}

/**
 * Guards, fallbacks and marks belong to a route, and are compared by it. A circuit is the route of all
 * requests to itself. Another route may lead each request to a different circuit.
 */
export interface Route {
  /** Called in the guard, when the URL and `baseURL` are final. @returns undefined if no circuit guards it */
  circuitOf(config: InternalAxiosRequestConfig): ManagedCircuit | undefined
  /** The circuit that refused a request, if this route has led the request to it. */
  circuitBehind(refusal: RefusedBy): ManagedCircuit | undefined
  /** Called for each refusal, if the route cannot know it by the circuit's name. */
  refused?(refusal: RefusedBy, circuit: ManagedCircuit): void
}
