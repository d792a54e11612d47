/** The way to Redis can be slow, or cut: the fleet does as without Redis, until the way is as it was. */
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { Fleet, PASSWORD, TTL } from './fleet.js'
import { endure, type Fault } from './outage.js'

const SECONDS_REFUSED = Number(process.env.SECONDS_REFUSED ?? 2)
const LONG = (SECONDS_REFUSED + 40) * 1000

let redis: RedisServer
let proxy: TcpProxy
let fleet: Fleet
beforeAll(async () => {
  redis = await RedisServer.start()
  proxy = await TcpProxy.start(redis.port)
  const url = `redis://default:${PASSWORD}@127.0.0.1:${proxy.port}`
  fleet = await Fleet.start({ storage: { url } })
}, LONG)
afterAll(async () => {
  await fleet.stop()
  proxy.stop()
  await redis.stop()
})
beforeEach(async () => {
  await fleet.recover()
  await fleet.reset()
})

const FAULTS: readonly (Fault & { readonly probes: number })[] = [
  {
    what: 'is slow, with a round trip of 200 ms',
    strike: () => (proxy.delay = 200),
    mend: () => (proxy.delay = 0),
    reason: /^No answer from the storage within 0\.1 s$/,
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
  'an outage outlives a way to Redis that $what',
  async (fault) => {
    const { reasons, wrongPauses, harm } = await endure(fleet, fault, fault.probes)
    for (const reason of reasons) {
      expect(reason).toMatch(fault.reason)
      expect(reason).not.toContain(PASSWORD)
    }
    expect(wrongPauses).toEqual([])
    const { longWaits, longest, ...rest } = harm
    expect(rest).toEqual({ other: 0, lost: 1, restored: 1 })
    expect(longWaits).toBeLessThanOrEqual(fault.waits)
    expect(longest).toBeLessThan(1)
  },
  LONG,
)
