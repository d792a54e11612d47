/** What is simulated: each rule under each traffic, with each ratio of errors. */
import { openingsPerDay, timesToOpen } from './simulation.mjs'

/** @import { CircuitOptions } from '../../dist/esm/index.js' */
/** @import { Service } from './simulation.mjs' */

/** @type {Readonly<Record<string, CircuitOptions>>} By how the options are written. */
export const RULES = {
  'threshold: 5': { threshold: 5 },
  'failureRate: 0.5': { failureRate: 0.5 },
  'failureRate: { threshold: 0.5, minimumRequests: 100 }': {
    failureRate: { threshold: 0.5, minimumRequests: 100 },
  },
  'failureRate: { threshold: 0.5, window: 60, minimumRequests: 20 }': {
    failureRate: { threshold: 0.5, window: 60, minimumRequests: 20 },
  },
}
/** Requests a second. */
export const TRAFFICS = [0.1, 1, 10, 100, 1000]

/** A service with so many errors works: no circuit should open. */
export const NOISE = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4]
/** One with so many is in trouble. */
export const TROUBLE = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1]

/** For how long an outage is watched, in seconds. */
export const WATCHED = 600
const OUTAGES = 101
/** If none of this many outages opened the circuit, the simulation stops. */
const ENOUGH_OUTAGES = 20
/** This many openings give the figure with an error of about 5 %. */
const OPENINGS = 400
const SECONDS_PER_DAY = 86_400
const REQUESTS = 20_000_000

/**
 * One figure of a table.
 *
 * @typedef {(rule: string, traffic: number, errors: number) => number} Cell
 */

/**
 * Openings a day.
 *
 * @type {Cell}
 */
export function noiseCell(rule, traffic, errors) {
  const days = Math.min(100, Math.max(1, REQUESTS / (traffic * SECONDS_PER_DAY)))
  return openingsPerDay(serviceOf(rule, traffic, errors), { days, openings: OPENINGS })
}

/**
 * Seconds until half of the outages have opened the circuit; Infinity if they do not.
 *
 * @type {Cell}
 */
export function troubleCell(rule, traffic, errors) {
  const service = serviceOf(rule, traffic, errors)
  const tried = timesToOpen(service, { outages: ENOUGH_OUTAGES, seconds: WATCHED })
  if (!tried.some(Number.isFinite)) return Infinity
  const times = timesToOpen(service, { outages: OUTAGES, seconds: WATCHED })
  return times.toSorted((a, b) => a - b)[(OUTAGES - 1) / 2] ?? Infinity
}

/**
 * @param {string} rule
 * @param {number} traffic
 * @param {number} errors
 * @returns {Service}
 */
function serviceOf(rule, traffic, errors) {
  return { options: RULES[rule] ?? {}, traffic, errors, seed: `${rule} ${traffic} ${errors}` }
}
