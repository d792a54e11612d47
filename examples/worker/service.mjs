/** A service that accepts parcels, and goes down for a while. */
import { once } from 'node:events'
import { createServer } from 'node:http'

const MS_PER_SECOND = 1000

/**
 * @param {object} options
 * @param {number} options.outageAfter how many requests it answers before it goes down
 * @param {number} options.outage how many seconds it stays down
 */
export async function startService({ outageAfter, outage }) {
  const service = { delivered: new Set(), requests: 0, origin: '', close: () => server.close() }
  /** @type {number | undefined} */
  let backAt
  const server = createServer((request, response) => {
    service.requests += 1
    if (service.requests > outageAfter) backAt ??= performance.now() + outage * MS_PER_SECOND
    const isDown = backAt !== undefined && performance.now() < backAt
    if (!isDown) service.delivered.add(request.url)
    response.writeHead(isDown ? 503 : 204, { connection: 'close' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  service.origin = `http://127.0.0.1:${port}`
  return service
}
