/** A mail server that keeps the mails that it receives, and a page that lists them. */
import { callbackify } from 'node:util'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { renderInbox } from './inbox.mjs'
import { createApp, listen } from './service.mjs'

/** @import { Mail } from './inbox.mjs' */

const { HOST = '127.0.0.1', SMTP_PORT } = process.env

/** How many mails to keep. The oldest ones go first. */
const CAPACITY = 100
/** @type {Mail[]} */
const mails = []

const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData: callbackify(receive),
})

/**
 * @param {import('smtp-server').SMTPServerDataStream} stream
 * @param {import('smtp-server').SMTPServerSession} _session
 */
async function receive(stream, _session) {
  const { to, subject, text } = await simpleParser(stream)
  const addresses = [to ?? []].flat()
  mails.unshift({
    to: addresses.map((address) => address.text).join(', '),
    subject,
    text,
    at: new Date(),
  })
  mails.splice(CAPACITY)
}

const app = createApp()
app.get('/', (_request, response) => {
  response.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  response.send(renderInbox(mails))
})

server.listen(Number(SMTP_PORT), HOST, () => listen(app))
