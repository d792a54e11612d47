/** Clients that a worker passes to the storage, like an app that already has one. */
import { createClient, createCluster, createSentinel } from 'redis'
import { SCRIPT } from '../../dist/esm/redis/script.js'
import { sha1 } from '../../dist/esm/redis/wire.js'

const MAKERS = { client: createClient, cluster: createCluster, sentinel: createSentinel }

const TIME = "redis.call('TIME')"
const STEPPED = `(function()
  local time = redis.call('TIME')
  return { time[1] + (redis.call('GET', 'clock') or 0), time[2] }
end)()`

/** Makes the client that the worker's settings ask for: see WorkerClient in worker.ts. */
export async function bring({ kind, options }) {
  const client = (MAKERS[kind] ?? createClient)(options)
  client.on('error', () => undefined)
  await client.connect()
  return kind === 'clocked' ? clocked(client) : client
}

/** Runs the same script on the same Redis, but with a clock that is off by the seconds in a key. */
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
