/** Measures the cost next to a network: a real server on the loopback, with keep-alive. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import axios from 'axios'
import { compare } from './compare.mjs'
import { forEachVariant } from './variants.mjs'

/** @import { Extent } from './main.mjs' */

/** A request takes so much longer here that its code need not be compiled to the last function. */
const WARM_UP = 0.1

/** @param {Extent} extent */
export async function server(extent) {
  const upstream = fork(new URL('upstream.mjs', import.meta.url))
  const [port] = await once(upstream, 'message')
  const httpAgent = new Agent({ keepAlive: true })
  const calls = forEachVariant((guard) => {
    const get = guard(axios.create({ baseURL: `http://127.0.0.1:${port}`, httpAgent }))
    return () => get('/naruto')
  })
  try {
    return await compare(calls, { ...extent, warmUp: extent.warmUp * WARM_UP, calls: 5 })
  } finally {
    httpAgent.destroy()
    upstream.disconnect()
  }
}
