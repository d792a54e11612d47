/** `axios-breaker open`, `close` and `release` */
import { userInfo } from 'node:os'
import { messageOf } from '../internal/errors.js'
import { tryCall } from '../internal/property.js'
import type { Force } from '../storage/forces.js'
import type { ForceRequest, ReleaseRequest, Target } from './arguments.js'
import { askLength, canAsk } from './ask.js'
import { RedisError } from './connect.js'
import { paint, print, printJson } from './output.js'
import { forcedText } from './rows.js'
import { Session } from './session.js'
import { forcesIn } from './survey.js'
import { shown } from './text.js'
import { UsageError } from './usage.js'

const LONGEST_NAME = 200

/** @throws UsageError if a circuit is to be opened, and nobody says for how long */
export async function force(request: ForceRequest, target: Target, json: boolean): Promise<void> {
  const { circuit, state, by = userName(), reason } = request
  const length = await lengthOf(request)
  const given: Force = {
    state,
    ...(by !== undefined && { by }),
    ...(reason !== undefined && { reason }),
    ...(length < Infinity && { endsIn: length }),
  }
  await inSession(target, async (session) => {
    const { granted } = await session.forces({ op: 'force', circuit, force: given })
    if (!granted) throw new RedisError('Too many circuits are forced already: release one')
  })
  if (json) printJson({ circuit, forced: given })
  else print(`Circuit "${shown(circuit)}" is forced ${paint()(forcedText(given), 'magenta')}`)
}

export async function release({ circuit }: ReleaseRequest, target: Target, json: boolean) {
  const wasForced = await inSession(target, async (session) => {
    const forces = await forcesIn(session)
    await session.forces({ op: 'unforce', circuit })
    return forces.has(circuit)
  })
  const said = wasForced ? 'is no longer forced' : 'was not forced: list shows the names of those that are' // prettier-ignore
  if (json) printJson({ circuit, wasForced })
  else print(`Circuit "${shown(circuit)}" ${said}`)
}

async function inSession<Result>(
  target: Target,
  job: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await Session.open(target)
  try {
    return await job(session)
  } catch (error) {
    // The answer may be what was lost.
    throw new RedisError(`${messageOf(error)}. To see what holds now, list the circuits`)
  } finally {
    await session.close()
  }
}

/** Seconds. A circuit that refuses all requests until somebody thinks of it must be meant so. */
async function lengthOf({ circuit, state, for: length }: ForceRequest): Promise<number> {
  if (length !== undefined) return length
  if (state === 'closed') return Infinity
  if (canAsk()) return askLength(circuit)
  throw new UsageError(
    'open needs --for: a time such as 90s, 5m, 1h30m or 2d, or forever (until you release the circuit)',
  )
}

/** A container may run as a user who has no name. */
function userName(): string | undefined {
  const name = tryCall(() => userInfo().username)
  return name === undefined || name === '' ? undefined : name.slice(0, LONGEST_NAME)
}
