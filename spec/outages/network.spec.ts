/** The network to Redis can be slow or cut. The fleet then works without Redis until the network recovers. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { DEADLINE, LoadedFleet, PASSWORD, TTL } from './fleet.js'
import { endure, expectNoHarm, type Fault } from './outage.js'

const SECONDS_REFUSED = Number(process.env.SECONDS_REFUSED ?? 2)
const LONG = (SECONDS_REFUSED + 40) * 1000

let redis: RedisServer
let proxy: TcpProxy
let fleet: LoadedFleet
beforeAll(async () => {
  redis = await RedisServer.start()
  proxy = await TcpProxy.start(redis.port)
  const url = `redis://default:${PASSWORD}@127.0.0.1:${proxy.port}`
  fleet = await LoadedFleet.start({ storage: { url } })
}, LONG)
afterAll(async () => {
  await fleet.stop()
  proxy.stop()
  await redis.stop()
})
beforeEach(async () => {
  await fleet.recover()
  await fleet.forget()
})

const FAULTS: readonly (Fault & { readonly probes: number })[] = [
  {
    what: 'takes twice as long as a request waits for its permit',
    strike: () => (proxy.delay = 2 * DEADLINE * 1000),
    mend: () => (proxy.delay = 0),
    reason: /^No answer from the storage within [\d.]+ s$/,
    waits: 1,
    probes: 5,
  },
  {
    what: `is cut, and connections are refused for ${SECONDS_REFUSED} s`,
    strike: () => {
      proxy.refuse()
      proxy.cut()
    },
    mend: () => proxy.accept(),
    reason: /Socket closed unexpectedly|ECONNREFUSED|ECONNRESET/,
    waits: 0,
    probes: Math.ceil(SECONDS_REFUSED / TTL),
  },
]

it.each(FAULTS)(
  'an outage outlasts a network to Redis that $what',
  async (fault) => {
    expectNoHarm(await endure(fleet, fault, fault.probes), fault)
  },
  LONG,
)
