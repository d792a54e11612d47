/**
 * The user service. It answers, fails, hangs or fails every other request, as the driver commands, and counts
 * the requests that reach it.
 */
import { reply, serve } from './child.mjs'

/** @import { ServerResponse } from 'node:http' */

/**
 * Every request that arrived.
 *
 * @type {object[]}
 */
const reached = []
/**
 * How many requests of each kind were answered while the service fails every other one.
 *
 * @type {Record<string, number>}
 */
const answered = {}
/**
 * Requests that wait until the driver allows an answer.
 *
 * @type {ServerResponse[]}
 */
const held = []
let behaviour = 'answers'
/** @type {string | undefined} */
let heldKind

/**
 * @param {string} kind
 * @param {ServerResponse} response
 */
function answer(kind, response) {
  if (behaviour === 'hangs') return
  if (kind === heldKind) held.push(response)
  else if (behaviour === 'breaks' || (behaviour === 'falters' && isOdd(kind)))
    reply(response, 500, { error: 'broken' })
  else reply(response, 200, { name: 'naruto' })
}

/** @param {string} kind */
function isOdd(kind) {
  answered[kind] = (answered[kind] ?? 0) + 1
  return answered[kind] % 2 === 1
}

/**
 * The driver's commands: PUT /control/behave/hangs, PUT /control/hold/users, GET /control/reached.
 *
 * @param {string} command
 * @param {string} argument
 * @param {ServerResponse} response
 */
function control(command, argument, response) {
  if (command === 'behave') behaviour = argument
  if (command === 'hold') heldKind = argument
  if (command === 'release') {
    heldKind = undefined
    for (const waiting of held.splice(0)) answer(argument, waiting)
  }
  reply(response, 200, command === 'reached' ? reached : {})
}

serve((request, response) => {
  const [, kind, command, argument] = (request.url ?? '').split('/')
  if (kind === 'control') return control(command, argument, response)
  reached.push({ id: request.headers['x-request-id'], kind, behaviour })
  return answer(kind, response)
})
