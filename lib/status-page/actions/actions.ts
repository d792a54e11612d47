/** Carries out what somebody asks of the page: to force a circuit, or to release it. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Forced, ForceOptions } from '../../circuit/force.js'
import { ConfigError } from '../../internal/config-error.js'
import { messageOf } from '../../internal/errors.js'
import { canForce, FORCED_STATES } from '../../observe/observed.js'
import { visible } from '../html.js'
import { withoutUrls } from '../summary.js'
import type { Tracked } from '../tracked.js'
import { authorized, type Authorize } from './authorization.js'
import { bodyOf, checkSize } from './body.js'
import { Refused, within } from './refused.js'
import { checkSender } from './sender.js'
import { wishOf, type Wish } from './wish.js'

const TOKEN_BYTES = 24
/** Seconds that a storage may take. */
const DEADLINE = 10
const REASON_LENGTH = 300

export class Actions {
  /** Proves that a request is from somebody who has read this page, which no other site can. */
  readonly token = randomBytes(TOKEN_BYTES).toString('base64url')
  readonly #authorize: Authorize
  readonly #find: (id: number) => Tracked | undefined

  /** @param find the circuit of a row, unless it was detached */
  constructor(authorize: Authorize, find: (id: number) => Tracked | undefined) {
    this.#authorize = authorize
    this.#find = find
  }

  /** @returns what the circuit is forced into now. Rejects with a Refused */
  async act(request: IncomingMessage): Promise<Forced | undefined> {
    checkSender(request, this.token)
    checkSize(request)
    const by = await authorized(request, this.#authorize)
    const wish = wishOf(await bodyOf(request))
    await this.#carryOut(wish, by)
    return this.#find(wish.circuit)?.circuit.forced
  }

  async #carryOut({ circuit: id, ...wish }: Wish, by: string | undefined): Promise<void> {
    const tracked = this.#find(id)
    if (!tracked) throw gone()
    const late = `The circuit did not answer within ${DEADLINE} seconds. It may be forced all the same`
    try {
      await within(DEADLINE, carryOut(tracked, wish, by), new Refused(504, late))
    } catch (error) {
      if (error instanceof Refused) throw error
      if (!this.#find(id)) throw gone()
      if (error instanceof ConfigError) throw new Refused(400, error.message)
      // The error of a client may name its URL, which may hold a password.
      throw new Refused(503, visible(withoutUrls(messageOf(error)), REASON_LENGTH))
    }
  }
}

/** The methods are called on the circuit, which may be of another copy of the library. */
async function carryOut(
  { circuit }: Tracked,
  { action, ...options }: Omit<Wish, 'circuit'>,
  by: string | undefined,
): Promise<void> {
  if (!canForce(circuit)) {
    throw new Refused(501, 'This circuit needs a newer version of axios-breaker')
  }
  const state = FORCED_STATES.find((it) => it === action)
  if (!state) return circuit.unforce()
  const given: ForceOptions = { ...options, ...(by !== undefined && { by }) }
  return circuit.force(state, given)
}

function gone(): Refused {
  return new Refused(404, 'This circuit is no longer attached')
}
