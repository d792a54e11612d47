/** A mail server that keeps what it is sent, and a page that lists it. */
import { callbackify } from 'node:util'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { renderInbox } from './inbox.mjs'
import { createApp, listen } from './service.mjs'

const { HOST = '127.0.0.1', SMTP_PORT } = process.env

/** Older mails make room for new ones. */
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
