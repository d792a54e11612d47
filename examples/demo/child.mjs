/** What both services share: a server on a free loopback port, which ends with the driver. */
import { createServer } from 'node:http'

/** @import { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http' */

// Ctrl-C reaches every process of the terminal, but the driver ends its children itself.
process.on('SIGINT', () => undefined)
// However the driver ends, the channel closes with it.
process.on('disconnect', () => process.exit())
if (!process.connected) process.exit()

/**
 * Sends the port to the driver once the server listens.
 *
 * @param {(request: IncomingMessage, response: ServerResponse) => unknown} handler
 */
export function serve(handler) {
  const server = createServer(handler)
  // Longer than the demo, so that no connection is closed just as it is used again.
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    process.send?.({ port })
  })
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 * @param {OutgoingHttpHeaders} [headers]
 */
export function reply(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
