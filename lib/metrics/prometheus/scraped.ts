/** The metrics that are read at each scrape, as they change without an event. */
import { Counter, Gauge } from 'prom-client'
import { FORCED_STATES } from '../../observe/observed.js'
import type { Group } from '../group.js'

/** Keeps prom-client from registering the metrics in its global registry. */
const registers: [] = []

/** Read at each scrape, because a ttl ends without an event. */
export function stateGauge(group: Group): Gauge<'client_name'> {
  return new Gauge({
    name: 'circuit_breaker_state',
    help: 'State of the circuit: 0 closed, 1 half-opened, 2 opened.',
    labelNames: ['client_name'],
    registers,
    aggregator: 'max',
    collect() {
      this.reset()
      for (const [client_name, state] of group.states()) this.set({ client_name }, state)
    },
  })
}

/** Read at each scrape as well: a label for the state, so that each value is 0 or 1, and alerts can name it. */
export function forcedGauge(group: Group): Gauge<'client_name' | 'state'> {
  return new Gauge({
    name: 'circuit_breaker_forced',
    help: 'Whether somebody forces the circuit open or closed.',
    labelNames: ['client_name', 'state'],
    registers,
    aggregator: 'max',
    collect() {
      this.reset()
      for (const [client_name, states] of group.forces()) {
        for (const state of FORCED_STATES)
          this.set({ client_name, state }, Number(states.has(state)))
      }
    },
  })
}

/** Read when it is asked for as well: requests leave the window without an event. */
export function ratioGauge(group: Group): Gauge<'client_name'> {
  return new Gauge({
    name: 'circuit_breaker_failure_ratio',
    help: 'The fraction of the requests in the window that failed, of a circuit with a failure rate.',
    labelNames: ['client_name'],
    registers,
    aggregator: 'max',
    collect() {
      this.reset()
      for (const [client_name, ratio] of group.failureRatios()) this.set({ client_name }, ratio)
    },
  })
}

export function unguardedCounter(group: Group): Counter {
  return new Counter({
    name: 'circuit_breaker_unguarded_total',
    help: 'Requests that went without a circuit, because a name function had reached its maxCircuits.',
    registers,
    collect() {
      this.reset()
      this.inc(group.unguarded)
    },
  })
}

export function storageGauge(group: Group): Gauge {
  return new Gauge({
    name: 'circuit_breaker_storage_up',
    help: 'Whether the storage answers; without it, each process uses its own results.',
    registers,
    aggregator: 'min',
    collect() {
      this.set(group.storageUp === true ? 1 : 0)
    },
  })
}
