/** Ports on the loopback that a server can leave and find free again. */
import { once } from 'node:events'
import { createServer } from 'node:net'

export const HOST = '127.0.0.1'

/**
 * Lies below the ports that a system gives to outgoing connections. One of those could take the port of a
 * server that is down, and a client that tries to reach that server could even connect to itself.
 */
const FIRST = 12_000
const COUNT = 10_000

/** Members of a Redis cluster talk to each other on a second port, which is this much higher. */
const BUS = 10_000

/** @returns {Promise<number>} a port that is free, with its bus port */
export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if ((await isFree(port)) && (await isFree(port + BUS))) return port
  }
}

/** @param {number} port */
export async function isFree(port) {
  const server = createServer()
  try {
    await listen(server, port)
    return true
  } catch (error) {
    // In a spec, an error of Node itself is no instance of the spec's Error.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE') return false
    throw error
  } finally {
    server.close()
  }
}

/**
 * @param {import('node:net').Server} server
 * @param {number} port
 */
export async function listen(server, port) {
  server.listen(port, HOST)
  await once(server, 'listening')
}
