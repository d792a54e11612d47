/** What the services share: an app that counts the requests that it answers, and ends when asked to. */
import express from 'express'
import { Counter, Registry } from 'prom-client'

const { HOST = '127.0.0.1', PORT } = process.env

/** The metrics that Prometheus reads from /metrics. */
export const registry = new Registry()

const requests = new Counter({
  name: 'http_requests_total',
  help: 'Requests that were answered',
  labelNames: ['method', 'status'],
  registers: [registry],
})

/**
 * Starts counters at 0: if a counter first appears with the value 3, Prometheus sees no increase.
 *
 * @param {string} method
 * @param {readonly number[]} statuses
 */
export function expectAnswers(method, statuses) {
  for (const status of statuses) requests.inc({ method, status }, 0)
}

export function createApp() {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics())
  })
  app.use((request, response, next) => {
    const { method } = request
    response.on('finish', () => requests.inc({ method, status: response.statusCode }))
    next()
  })
  return app
}

/**
 * Answers with JSON and a newline, so that the prompt starts on its own line if you call by hand.
 *
 * @param {import('express').Response} response
 * @param {number} status
 * @param {unknown} body
 */
export function reply(response, status, body) {
  response
    .status(status)
    .type('json')
    .send(`${JSON.stringify(body)}\n`)
}

/**
 * @param {import('express').Express} app
 * @param {() => unknown} farewell runs before the process ends
 */
export function listen(app, farewell = () => undefined) {
  // Send the port to the parent process, unless that has ended already.
  app.listen(Number(PORT), HOST, (error) => {
    if (error) throw error
    if (process.connected) process.send?.({ port: Number(PORT) })
    else if (process.send) process.exit()
  })
  const end = () => void Promise.resolve(farewell()).finally(() => process.exit())
  process.once('SIGTERM', end)
  // However the parent ends, the channel closes with it. The parent handles Ctrl-C.
  process.once('disconnect', end)
  process.on('SIGINT', () => {
    if (!process.connected) end()
  })
}
