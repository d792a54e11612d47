/** Measures the cost next to a network: a real server on the loopback, with keep-alive. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import axios from 'axios'
import { compare } from './compare.mjs'
import { forEachVariant } from './variants.mjs'

export async function server(extent) {
  const upstream = fork(new URL('upstream.mjs', import.meta.url))
  const [port] = await once(upstream, 'message')
  const httpAgent = new Agent({ keepAlive: true })
  const calls = forEachVariant((guard) => {
    const get = guard(axios.create({ baseURL: `http://127.0.0.1:${port}`, httpAgent }))
    return () => get('/naruto')
  })
  try {
    return await compare(calls, { ...extent, calls: 5 })
  } finally {
    httpAgent.destroy()
    upstream.disconnect()
  }
}
