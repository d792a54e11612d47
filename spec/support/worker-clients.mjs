/** Clients that a worker brings, as an app would that has one already. */
import { createClient, createCluster, createSentinel } from 'redis'
import { SCRIPT } from '../../dist/esm/redis/script.js'
import { sha1 } from '../../dist/esm/redis/wire.js'

const MAKERS = { client: createClient, cluster: createCluster, sentinel: createSentinel }

const TIME = "redis.call('TIME')"
const STEPPED = `(function()
  local time = redis.call('TIME')
  return { time[1] + (redis.call('GET', 'clock') or 0), time[2] }
end)()`

/** By the settings of a worker: WorkerClient in worker.ts. */
export async function bring({ kind, options }) {
  const client = (MAKERS[kind] ?? createClient)(options)
  client.on('error', () => undefined)
  await client.connect()
  return kind === 'clocked' ? clocked(client) : client
}

/** The same script on the same Redis, but for its clock, which is as many seconds off as the key says. */
function clocked(client) {
  if (SCRIPT.split(TIME).length !== 2)
    throw new Error('The script asks for the time in another way')
  const script = SCRIPT.replace(TIME, STEPPED)
  return {
    get isReady() {
      return client.isReady
    },
    options: client.options,
    eval: (given, options) => client.eval(given === SCRIPT ? script : given, options),
    evalSha: (sha, options) => client.evalSha(sha === sha1(SCRIPT) ? sha1(script) : sha, options),
    on: (event, listener) => client.on(event, listener),
    off: (event, listener) => client.off(event, listener),
    subscribe: (...args) => client.subscribe(...args),
    duplicate: (overrides) => client.duplicate(overrides),
  }
}
