/** The contract of a storage, as data: it runs in any test runner, or without one. */
import { AFTER_OUTAGES } from './after-outage-cases.js'
import { CLOSED } from './closed-cases.js'
import { CONNECTIONS, MESSAGES } from './connection-cases.js'
import { EVIDENCE } from './evidence-cases.js'
import { ANNOUNCED, FORCES, NAMED } from './force-cases.js'
import { FORCE_BOUNDS, FORCE_LOSSES } from './force-loss-cases.js'
import { HALF_OPENED } from './half-opened-cases.js'
import { LOSSES } from './loss-cases.js'
import { OPENED } from './opened-cases.js'
import { PERMITS } from './permit-cases.js'
import { POLLS } from './poll-cases.js'
import { RATES } from './rate-cases.js'
import { ROUNDS } from './round-cases.js'
import { Scene, START, type Case } from './scene.js'
import type { ContractCase, ContractSubject } from './subject.js'
import { VERSIONS } from './version-cases.js'

const SUITE: Readonly<Record<string, readonly Case[]>> = {
  'a closed circuit': [...CLOSED, ...EVIDENCE],
  'the rate of the fleet': [...POLLS, ...RATES],
  'an opened circuit': OPENED,
  'a round of probes': ROUNDS,
  'a half-opened circuit': [...PERMITS, ...HALF_OPENED],
  versions: VERSIONS,
  'a storage that lost everything': LOSSES,
  'a storage that lost a closed circuit': AFTER_OUTAGES,
  messages: MESSAGES,
  connections: CONNECTIONS,
  'forced circuits': [...FORCES, ...ANNOUNCED, ...FORCE_LOSSES, ...FORCE_BOUNDS],
  circuits: NAMED,
}

/**
 * The tests that every storage must pass. Run each of them under its name, one after another:
 * `for (const { name, run } of storageContract(subject)) test(name, run)`.
 */
export function storageContract(subject: ContractSubject): readonly ContractCase[] {
  return Object.entries(SUITE).flatMap(([about, cases]) =>
    cases
      .filter(({ needs = [] }) => needs.every((need) => subject[need]))
      .map(({ name, run }) => ({ name: `${about}: ${name}`, run: () => play(subject, run) })),
  )
}

async function play(subject: ContractSubject, run: Case['run']): Promise<void> {
  const scene = new Scene(subject)
  try {
    await scene.setClock(START)
    await run(scene)
  } finally {
    await scene.close()
  }
}
