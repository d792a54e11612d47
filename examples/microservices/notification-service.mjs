/** Sends notifications to users by mail. This is the code that you would write yourself. */
import axios from 'axios'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { collectMetrics } from 'axios-breaker/prometheus'
import { RedisStorage } from 'axios-breaker/redis'
import { statusPage } from 'axios-breaker/status-page'
import express from 'express'
import { createTransport } from 'nodemailer'
import { createApp, expectAnswers, listen, registry, reply } from './service.mjs'

/** @import { Response } from 'express' */

const { NAME, USERS_URL, SMTP_URL, REDIS_URL, TTL = '30' } = process.env

const mailer = createTransport(SMTP_URL)
const users = axios.create({ baseURL: USERS_URL, timeout: 5000 })

const breaker = new CircuitBreaker({ storage: new RedisStorage({ url: REDIS_URL }) })
breaker.attach(users, 'users', { threshold: 3, failureRate: 0.5, ttl: Number(TTL) })
collectMetrics(breaker, { registry })
await breaker.init().catch((error) => console.error(`Circuits are local: ${error.message}`))

const app = createApp()
app.use(express.urlencoded(), express.json())

app.use('/circuits', statusPage(breaker, { title: `Circuits of ${NAME}` }))

expectAnswers('POST', [202, 400, 404, 502, 503])
app.post('/notifications', async (request, response) => {
  const { username, message } = request.body ?? {}
  if (typeof username !== 'string' || typeof message !== 'string') {
    return reply(response, 400, { error: 'expected a username and a message' })
  }
  try {
    return reply(response, 202, { sentTo: await notify(username, message) })
  } catch (error) {
    return explain(error, response)
  }
})

/**
 * @param {string} username
 * @param {string} message
 */
async function notify(username, message) {
  const { data: user } = await users.get(`/users/${encodeURIComponent(username)}`)
  await mailer.sendMail({
    from: 'notifications@konoha.example',
    to: { name: user.name, address: user.email },
    subject: 'You have been notified',
    text: message,
  })
  return user.email
}

/**
 * Tells our caller which service failed and, if the circuit refused, when to come back.
 *
 * @param {NodeJS.ErrnoException} error
 * @param {Response} response
 */
function explain(error, response) {
  if (error instanceof OpenedStateError) {
    const { circuit, state, retryAfter } = error
    response.set('Retry-After', String(Math.max(1, Math.ceil(retryAfter))))
    return reply(response, 503, { error: 'refused', circuit, state })
  }
  if (!axios.isAxiosError(error)) {
    return reply(response, 502, { error: `mail server: ${error.code ?? error.message}` })
  }
  const reason = error.response?.status ?? error.code
  if (reason === 404) return reply(response, 404, { error: 'unknown user' })
  const { failureCount, state } = breaker.circuit('users') ?? {}
  return reply(response, 502, { error: `user service: ${reason}`, failureCount, state })
}

listen(app, () => breaker.close())
