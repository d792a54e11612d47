/** Sends users their notifications by mail: the code you would write yourself. */
import axios from 'axios'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'
import { collectMetrics } from 'axios-breaker/prometheus'
import { RedisStorage } from 'axios-breaker/redis'
import express from 'express'
import { createTransport } from 'nodemailer'
import { createApp, listen, registry } from './service.mjs'

const { USERS_URL, SMTP_URL, REDIS_URL, TTL = '30' } = process.env

const mailer = createTransport(SMTP_URL)
const users = axios.create({ baseURL: USERS_URL, timeout: 5000 })

const breaker = new CircuitBreaker({ storage: new RedisStorage({ url: REDIS_URL }) })
breaker.attach(users, 'users', { threshold: 3, ttl: Number(TTL) })
collectMetrics(breaker, { registry })
await breaker.init().catch((error) => console.error(`Circuits are local: ${error.message}`))

const app = createApp()
app.use(express.urlencoded(), express.json())

app.post('/notifications', async (request, response) => {
  const { username, message } = request.body ?? {}
  if (typeof username !== 'string' || typeof message !== 'string') {
    return response.status(400).json({ error: 'expected a username and a message' })
  }
  try {
    return response.status(202).json({ sentTo: await notify(username, message) })
  } catch (error) {
    return reply(error, response)
  }
})

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

/** Our caller learns whose fault it is and, where the circuit is opened, when to come back. */
function reply(error, response) {
  if (error instanceof OpenedStateError) {
    const { circuit, state, retryAfter } = error
    response.set('Retry-After', Math.max(1, Math.ceil(retryAfter)))
    return response.status(503).json({ error: 'refused', circuit, state })
  }
  if (!axios.isAxiosError(error)) {
    return response.status(502).json({ error: `mail server: ${error.code ?? error.message}` })
  }
  const reason = error.response?.status ?? error.code
  if (reason === 404) return response.status(404).json({ error: 'unknown user' })
  const { failureCount, state } = breaker.circuit('users')
  return response.status(502).json({ error: `user service: ${reason}`, failureCount, state })
}

listen(app, () => breaker.close())
