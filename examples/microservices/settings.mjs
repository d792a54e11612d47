/** The ports on which everything listens, as in docker-compose.yml. */
import { freePort, isFree } from '../../scripts/ports.mjs'

export const PORTS = {
  user: 4000,
  'notification-1': 4001,
  'notification-2': 4002,
  mail: 4003,
  smtp: 4025,
  redis: 4079,
  prometheus: 4090,
}

/** With PORTS=free, uses any free ports, so that several runs do not collide. */
export async function choosePorts() {
  if (process.env.PORTS === 'free') return freePorts()
  for (const [name, port] of Object.entries(PORTS)) {
    if (await isFree(port)) continue
    throw new Error(`port ${port}, of ${name}, is taken: end what listens there, or set PORTS=free`)
  }
  return PORTS
}

async function freePorts() {
  const ports = new Set()
  const names = Object.keys(PORTS)
  while (ports.size < names.length) ports.add(await freePort())
  return Object.fromEntries(names.map((name, i) => [name, [...ports][i]]))
}
