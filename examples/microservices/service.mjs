/** What the services share: an app that counts the requests it answers, and ends when it is told to. */
import express from 'express'
import { Counter, Registry } from 'prom-client'

const { HOST = '127.0.0.1', PORT } = process.env

/** What Prometheus is shown at /metrics. */
export const registry = new Registry()

const requests = new Counter({
  name: 'http_requests_total',
  help: 'Requests that were answered',
  labelNames: ['method', 'status'],
  registers: [registry],
})

/** Shows at 0 what is yet to come: a counter that appears at 3 has never had a rate. */
export function expectAnswers(method, statuses) {
  for (const status of statuses) requests.inc({ method, status }, 0)
}

export function createApp() {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.get('/metrics', async (request, response) => {
    response.type(registry.contentType).send(await registry.metrics())
  })
  app.use((request, response, next) => {
    const { method } = request
    response.on('finish', () => requests.inc({ method, status: response.statusCode }))
    next()
  })
  return app
}

/** Answers with a line of JSON: whoever calls by hand finds the prompt in a line of its own. */
export function reply(response, status, body) {
  response
    .status(status)
    .type('json')
    .send(`${JSON.stringify(body)}\n`)
}

/** @param farewell what is to be done before the process ends */
export function listen(app, farewell = () => undefined) {
  // Whoever started this process is told the port, unless they have ended already.
  app.listen(Number(PORT), HOST, (error) => {
    if (error) throw error
    if (process.connected) process.send({ port: Number(PORT) })
    else if (process.send) process.exit()
  })
  const end = () => void Promise.resolve(farewell()).finally(() => process.exit())
  process.once('SIGTERM', end)
  // However the starter ends, its end of the channel closes with it; Ctrl-C is the starter's affair.
  process.once('disconnect', end)
  process.on('SIGINT', () => {
    if (!process.connected) end()
  })
}
