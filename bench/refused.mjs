/** What a request costs while the circuit is opened, against one that a service in trouble rejects. */
import { compare } from './compare.mjs'
import { connect, DOWN } from './service.mjs'
import { forEachVariant, NAMES } from './variants.mjs'

/** More failures than any of the breakers waits for. */
const FAILURES = 50

/** @returns the samples, and which of the variants do refuse */
export async function refused({ rounds }) {
  const attempts = {}
  const calls = forEachVariant((guard, name) => {
    const { instance, service } = connect()
    const get = guard(instance)
    attempts[name] = { service, attempt: () => get(DOWN).catch(() => undefined) }
    return attempts[name].attempt
  })
  const refusing = await Promise.all(NAMES.map((name) => open(attempts[name])))
  const samples = await compare(calls, { rounds, calls: 100 })
  return { samples, refuses: Object.fromEntries(NAMES.map((name, i) => [name, refusing[i]])) }
}

/** @returns whether the service is still asked after many failures */
async function open({ service, attempt }) {
  for (let failure = 0; failure < FAILURES; failure += 1) await attempt()
  const { hits } = service
  await attempt()
  return service.hits === hits
}
