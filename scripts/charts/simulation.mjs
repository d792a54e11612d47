/**
 * Drives the circuit of the library in virtual time. Requests come at random, and a part of them fails at
 * random; each is answered at once. The same seed repeats a run.
 */
import { resolveBreakerOptions } from '../../dist/esm/breaker/config.js'
import { LocalCircuit } from '../../dist/esm/circuit/local-circuit.js'

/** @import { CircuitOptions } from '../../dist/esm/index.js' */

/**
 * @typedef {object} Service
 * @property {CircuitOptions} options of the circuit
 * @property {number} traffic requests a second, on average
 * @property {number} errors the part of them that fails
 * @property {string} seed
 */

const SECONDS_PER_DAY = 86_400

/**
 * How often the circuit opens in a day while the ratio of errors stays as it is.
 *
 * @param {Service} service
 * @param {{ days: number, openings: number }} most after which the simulation ends, whichever comes first
 */
export function openingsPerDay({ options, traffic, errors, seed }, most) {
  const random = randomFrom(seed)
  const { circuit, clock } = circuitOf(options)
  const end = most.days * SECONDS_PER_DAY
  let openings = 0
  while (clock.now < end && openings < most.openings) {
    clock.now += gap(random, traffic)
    if (send(circuit, random() < errors)) openings += 1
  }
  return (openings / clock.now) * SECONDS_PER_DAY
}

/**
 * The seconds from the first moment of trouble until the circuit opens, of so many outages. The service was
 * well before for long enough to fill the window.
 *
 * @param {Service} service
 * @param {{ outages: number, seconds: number }} most how many outages, and how long each is watched
 * @returns {number[]} Infinity for an outage that did not open it
 */
export function timesToOpen({ options, traffic, errors, seed }, { outages, seconds }) {
  const random = randomFrom(seed)
  return Array.from({ length: outages }, () => {
    const { circuit, clock } = circuitOf(options)
    const start = WELL_BEFORE + random()
    const end = start + seconds
    while (clock.now < end) {
      clock.now += gap(random, traffic)
      if (send(circuit, clock.now >= start && random() < errors)) return clock.now - start
    }
    return Infinity
  })
}

/** Seconds: longer than any of the windows. */
const WELL_BEFORE = 70

/** @param {CircuitOptions} options */
function circuitOf(options) {
  const clock = { now: 0 }
  const { resolved } = resolveBreakerOptions(options).defaults
  return { circuit: new LocalCircuit(resolved, () => clock.now), clock }
}

/**
 * @param {LocalCircuit} circuit
 * @param {boolean} isFailure
 * @returns {boolean} whether that opened the circuit. A probe that fails does not: it was not closed
 */
function send(circuit, isFailure) {
  const permit = circuit.admit()
  if (!permit.admitted) return false
  circuit.record(permit, isFailure ? 'failure' : 'success')
  return !permit.probe && circuit.decidedState === 'opened'
}

/**
 * The seconds until the next of events that come at random.
 *
 * @param {() => number} random
 * @param {number} perSecond
 */
function gap(random, perSecond) {
  return -Math.log(1 - random()) / perSecond
}

/**
 * Numbers from 0 to 1 (sfc32).
 *
 * @param {string} seed
 */
function randomFrom(seed) {
  let [a, b, c, count] = [hash(seed), 0, 0, 1]
  const next = () => {
    const drawn = (((a + b) | 0) + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + drawn) | 0
    return (drawn >>> 0) / 2 ** 32
  }
  for (let warmUp = 0; warmUp < 15; warmUp += 1) next()
  return next
}

/**
 * FNV-1a.
 *
 * @param {string} text
 */
function hash(text) {
  let state = 0x811c9dc5
  for (const character of text) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  }
  return state
}
