/** A mail server that keeps the mails that it receives, and a page that lists them. */
import { callbackify } from 'node:util'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { renderInbox } from './inbox.mjs'
import { createApp, listen } from './service.mjs'

const { HOST = '127.0.0.1', SMTP_PORT } = process.env

/** How many mails to keep. The oldest ones go first. */
const CAPACITY = 100
const mails = []

const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData: callbackify(receive),
})

async function receive(stream) {
  const { to, subject, text } = await simpleParser(stream)
  mails.unshift({ to: to?.text ?? '', subject, text, at: new Date() })
  mails.splice(CAPACITY)
}

const app = createApp()
app.get('/', (request, response) => {
  response.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  response.send(renderInbox(mails))
})

server.listen(Number(SMTP_PORT), HOST, () => listen(app))
