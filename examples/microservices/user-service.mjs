/** Knows the users naruto and hinata, and fails for sasuke. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createApp, listen, reply } from './service.mjs'

const USERS = new Map([
  ['naruto', { name: 'Naruto Uzumaki', email: 'naruto@konoha.example' }],
  ['hinata', { name: 'Hinata Hyuga', email: 'hinata@konoha.example' }],
])

/** How many seconds an answer takes. */
let delay = 0

const app = createApp()

app.get('/users/:username', async (request, response) => {
  const { username } = request.params
  await sleep(delay * 1000)
  if (username === 'sasuke') return reply(response, 500, { error: 'broken' })
  const user = USERS.get(username)
  return user ? reply(response, 200, user) : reply(response, 404, { error: 'unknown' })
})

/** Slows the service down, so that a probe takes long enough to watch. */
app.put('/delay/:seconds', (request, response) => {
  delay = Math.min(Number(request.params.seconds) || 0, 60)
  reply(response, 200, { delay })
})

listen(app)
