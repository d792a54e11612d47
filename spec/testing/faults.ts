/** Faults of a storage, each with the case of the contract's suite for it. */
import type { FailureRateTerms, Kept, KeptPoll } from '../../lib/fleet/index.js'
import type { Question, WindowEvidence } from '../../lib/fleet/index.js'
import { NO_FORCES, type Force, type ForceAnswer } from '../../lib/fleet/index.js'
import type { ForceQuestion, KeptForces, ListedForce } from '../../lib/fleet/index.js'
import { ignorant, type Fault } from './faulty-storage.js'

const withTerms =
  (terms: Partial<Question['terms']>) =>
  (question: Question): Question => ({ ...question, terms: { ...question.terms, ...terms } })

const withEvidence =
  (change: (failures: number, age: number) => readonly [number, number]) =>
  (question: Question): Question => {
    if (question.op !== 'report') return question
    const [failures, age] = change(Number(question.evidence.failures), question.evidence.age)
    return { ...question, evidence: { failures, age } }
  }

const withWindow =
  (change: (window: WindowEvidence) => WindowEvidence | undefined) =>
  (question: Question): Question => {
    if (question.op !== 'report' || !question.evidence.window) return question
    const { window, ...evidence } = question.evidence
    return { ...question, evidence: { ...evidence, window: change(window) } }
  }

const withRate =
  (rate: Partial<FailureRateTerms>) =>
  (question: Question): Question => {
    const { failureRate, ...opening } = question.terms.opening
    if (!failureRate) return question
    return withTerms({ opening: { ...opening, failureRate: { ...failureRate, ...rate } } })(
      question,
    )
  }

const withPoll =
  (change: (poll: KeptPoll, before: KeptPoll | undefined) => KeptPoll) =>
  (kept: Kept, before: Kept | undefined): Kept => {
    const { poll } = kept.pool
    if (!poll) return kept
    return { ...kept, pool: { ...kept.pool, poll: change(poll, before?.pool.poll) } }
  }

const withForce =
  (change: (force: Force) => Force) =>
  (question: ForceQuestion): ForceQuestion =>
    question.op === 'force' ? { ...question, force: change(question.force) } : question

const withForces =
  (change: (force: ListedForce) => ListedForce) =>
  (answer: ForceAnswer): ForceAnswer => ({ ...answer, forces: answer.forces.map(change) })

function storedForce({ circuit, state }: ListedForce): KeptForces['entries'][number] {
  return { circuit, version: 1, at: 0, force: { state } }
}

const MINUTE = 60

/** The fault, and the case that catches it. */
export const FAULTS: Readonly<Record<string, readonly [Fault, string]>> = {
  'stores nothing': [
    { kept: (_kept, before) => before },
    'a closed circuit: counts the failures of all processes, and opens at the threshold',
  ],
  'carries out other commands between reading and storing': [
    { isTorn: true },
    'a half-opened circuit: grants no more than 1 at once, whichever process asks first',
  ],
  'knows circuits that no process has reported': [
    { answer: (answer) => ({ ...answer, version: answer.version + 1 }) },
    'a closed circuit: is the initial state, and reading does not change it',
  ],
  'counts reports, not failures': [
    { question: withEvidence((failures, age) => [Math.min(failures, 1), age]) },
    'a closed circuit: accepts several failures in one report',
  ],
  'treats all processes as one': [
    { question: (question) => ({ ...question, process: 'one' }) },
    'a closed circuit: replaces the report of a process by its next one',
  ],
  'withdraws nothing': [
    { question: withEvidence((failures, age) => [Math.max(failures, 1), age]) },
    "a closed circuit: drops a process's failures after its success, and keeps those of others",
  ],
  'has a threshold of its own': [
    { question: withTerms({ opening: { threshold: 3 } }) },
    'a closed circuit: opens at the threshold of the reporting process',
  ],
  'grants nothing': [
    { answer: (answer) => ({ ...answer, granted: false }) },
    'a closed circuit: grants a permit to every process that asks',
  ],
  'invents reasons': [
    { answer: (answer) => ({ ...answer, lastFailure: { code: 'ETIMEDOUT' } }) },
    'a closed circuit: keeps the reason of a report, or none',
  ],
  'counts a failure for half a minute, whatever the ttl': [
    {
      question: (question) =>
        question.op === 'acquire' ? question : withTerms({ ttl: 30 })(question),
    },
    'a closed circuit: counts a failure for the ttl',
  ],
  'counts a failure for no longer than half a minute': [
    {
      question: (question) =>
        withTerms({ ttl: Math.min(MINUTE / 2, question.terms.ttl) })(question),
    },
    'a closed circuit: counts a failure for a minute, if the ttl is longer',
  ],
  'treats every failure as new': [
    { question: withEvidence((failures) => [failures, 0]) },
    'a closed circuit: takes the age of a failure from its report',
  ],
  'trusts moments of the future': [
    {
      kept: (kept, before) => ({
        ...kept,
        openedAt: Math.max(kept.openedAt, before?.state === kept.state ? before.openedAt : 0),
        evidence: kept.evidence.map((entry) => {
          const known = before?.evidence.find(({ process }) => process === entry.process)
          return { ...entry, at: Math.max(entry.at, known?.at ?? 0) }
        }),
      }),
      clock: (seconds, before) => Math.max(seconds, before),
    },
    'a closed circuit: does not count a failure longer if the clock is set back',
  ],
  'ignores the quorum': [
    { question: withTerms({ quorum: 1 }) },
    'a closed circuit: leaves out the `quorum - 1` worst reporters',
  ],
  'treats each process as a reporter': [
    { question: (question) => ({ ...question, reporter: question.process }) },
    'a closed circuit: leaves out all processes of a reporter together',
  ],
  'keeps too few processes': [
    { kept: (kept) => ({ ...kept, evidence: kept.evidence.slice(-100) }) },
    'a closed circuit: keeps the evidence of no more than 128 processes',
  ],
  'is due at once': [
    {
      question: (question) =>
        question.op === 'acquire' ? withTerms({ ttl: 0 })(question) : question,
    },
    'an opened circuit: grants nothing until its ttl is over, and reports its age',
  ],
  'grants reports that it drops': [
    { answer: (answer) => ({ ...answer, granted: true }) },
    'an opened circuit: refuses reports',
  ],
  'has a long ttl of its own': [
    { question: withTerms({ ttl: 20 }) },
    'an opened circuit: stays opened for the ttl of the asking process',
  ],
  'has a short ttl of its own': [
    { question: withTerms({ ttl: 5 }) },
    'an opened circuit: stays opened for no less, even if another process has a shorter ttl',
  ],
  'ignores the age that a process measured': [
    {
      question: (question) => ({ ...question, known: { ...question.known, openedFor: 0 } }),
    },
    'an opened circuit: stays opened no longer if the clock is set back and a process measured its age',
  ],
  'is due when its clock is set back': [
    {
      kept: (kept) => kept,
      question: (question, kept) =>
        kept && question.op === 'acquire' && kept.openedAt > 9000 && !question.known.version
          ? withTerms({ ttl: 0 })(question)
          : question,
    },
    'an opened circuit: stays opened for no more than one further ttl if the clock is set back and no process knows its age',
  ],
  'has one permit, whatever the options': [
    { question: withTerms({ permits: 1 }) },
    'a half-opened circuit: grants no more than 3 at once, whichever process asks first',
  ],
  'forgets the first of many permits': [
    { kept: (kept) => ({ ...kept, permits: kept.permits.slice(-200) }) },
    'a half-opened circuit: grants no more than 256 at once, whatever the option says',
  ],
  'forgets probes that are still in flight': [
    {
      kept: (kept, before) =>
        kept.state === before?.state ? kept : { ...kept, permits: kept.permits.slice(-1) },
    },
    'a half-opened circuit: counts a probe of the round before among its permits until it ends, and ignores its result',
  ],
  'polls no process': [
    { answer: ({ poll: _poll, ...answer }) => answer },
    'the rate of the fleet: asks nothing before there are enough suspicious failures',
  ],
  'looks at no window': [
    { question: withWindow(() => undefined) },
    'the rate of the fleet: opens if the answers reach the rate',
  ],
  'counts an answer as failures only': [
    { question: withWindow((window) => ({ ...window, requests: window.failures })) },
    'the rate of the fleet: stays closed if the answers do not reach the rate',
  ],
  'has a minimum of its own': [
    { question: withRate({ minimumRequests: 1 }) },
    'the rate of the fleet: stays closed if the answers are fewer than the minimum',
  ],
  'has a rate of its own': [
    { question: withRate({ threshold: 1 }) },
    'the rate of the fleet: leaves out the worst reporters',
  ],
  'keeps three reporters apart': [
    { kept: withPoll((poll) => ({ ...poll, worst: poll.worst.slice(0, 3) })) },
    'the rate of the fleet: leaves out as many reporters as a large quorum says',
  ],
  'takes the answers of no more than 32 reporters': [
    {
      question: (question, kept) =>
        (kept?.pool.poll?.worst.length ?? 0) < 32
          ? question
          : withWindow(() => undefined)(question),
    },
    'the rate of the fleet: leaves out 32 reporters at most',
  ],
  'decides a poll too early': [
    { kept: withPoll((poll, before) => (before ? poll : { ...poll, at: poll.at - 0.2 })) },
    'the rate of the fleet: does not decide before the processes have had the time to answer',
  ],
  'ends no poll': [
    { clock: (seconds) => (seconds > 10_000.6 && seconds < 10_002 ? 10_000.6 : seconds) },
    'the rate of the fleet: ignores answers to a poll that is over',
  ],
  'believes each opening to be new': [
    { question: withWindow(({ openedFor: _openedFor, ...window }) => window) },
    'the rate of the fleet: adds fresh failures to an answer, and opens as of when the process opened its circuit',
  ],
  'keeps a poll through transitions': [
    {
      kept: (kept, before) => {
        const poll = kept.pool.poll ?? before?.pool.poll
        const at = Math.max(kept.openedAt, kept.closedAt)
        return poll && kept.openedAt > 0
          ? { ...kept, pool: { ...kept.pool, poll: { ...poll, at } } }
          : kept
      },
    },
    'the rate of the fleet: ignores answers to a poll of an earlier epoch',
  ],
  'never lasts longer': [
    { question: withTerms({ growth: false }) },
    'a round of probes: lasts longer after each round of probes that failed, up to the maximum',
  ],
  'never begins with the first round again': [
    { kept: (kept) => ({ ...kept, closedAt: Infinity }) },
    'a round of probes: begins with the first round again once it has stayed closed for as long as it was opened',
  ],
  'draws its jitter for each process': [
    {
      question: (question) => {
        const { growth } = question.terms
        const jitter = question.process === 'one' ? 0 : 1
        return growth ? withTerms({ growth: { ...growth, jitter } })(question) : question
      },
    },
    'a round of probes: ends at the same moment for all processes, with its jitter',
  ],
  'reads no Retry-After': [
    { question: withTerms({ maxRetryAfter: 0 }) },
    'a round of probes: lasts for as long as the service asks, up to what a process allows',
  ],
  'lets the first probe decide': [
    { question: withTerms({ probes: { needed: 1, of: 1 } }) },
    'a round of probes: closes once enough probes have succeeded, whichever processes sent them',
  ],
  'adds the probes of all rounds up': [
    {
      kept: (kept, before) => ({
        ...kept,
        failures: Math.max(kept.failures, before?.failures ?? 0),
      }),
    },
    'a round of probes: opens as soon as too many probes have failed, and counts the next round anew',
  ],
  'treats every probe as a failure': [
    {
      question: (question) =>
        question.op === 'settle' ? { ...question, outcome: 'failure' } : question,
    },
    'a half-opened circuit: is closed after a probe that ended with success',
  ],
  'treats every probe as a success': [
    {
      question: (question) =>
        question.op === 'settle' ? { ...question, outcome: 'success' } : question,
    },
    'a half-opened circuit: is opened after a probe that ended with failure',
  ],
  'keeps the permit of a probe whose outcome is ignored': [
    {
      question: (question) =>
        question.op === 'settle' && question.outcome === 'ignored'
          ? { ...question, op: 'renew', lease: 60 }
          : question,
    },
    'a half-opened circuit: is half-opened after a probe that ended with ignored',
  ],
  'accepts results from any process': [
    {
      question: (question, kept) =>
        question.op === 'settle'
          ? { ...question, token: kept?.permits[0]?.token ?? question.token }
          : question,
    },
    'a half-opened circuit: counts a result once, and only from the process that holds the permit',
  ],
  'treats every token as new': [
    {
      question: (question, kept) =>
        question.op === 'acquire' && kept?.permits.length
          ? { ...question, token: `${question.token} again` }
          : question,
    },
    'a half-opened circuit: grants the permit again to the token that holds it',
  ],
  'never ends a lease': [
    { question: withTerms({ lease: 1e6 }) },
    'a half-opened circuit: grants the permit to another process after the lease, and ignores the former holder',
  ],
  'renews nothing': [
    { question: (question) => (question.op === 'renew' ? { ...question, op: 'read' } : question) },
    'a half-opened circuit: renews a permit for its holder',
  ],
  'holds a permit until a moment of its old clock': [
    { clock: (seconds, before) => (seconds < 9000 ? before : seconds) },
    'a half-opened circuit: keeps a permit for no more than one further lease if the clock is set back',
  ],
  'accepts reports of any epoch': [
    {
      question: (question, kept) =>
        question.op === 'report'
          ? { ...question, known: { ...question.known, epoch: kept?.epoch ?? 0, state: 'closed' } }
          : question,
    },
    'a half-opened circuit: refuses reports from before it closed',
  ],
  'has a constant version': [
    { answer: (answer) => ({ ...answer, version: Math.min(answer.version, 1) }) },
    'versions: grow with every change, and epochs with every transition',
  ],
  'restores nothing': [
    { question: ignorant },
    'a storage that lost everything: restores an outage that a process knows, with its age',
  ],
  'lets an onlooker take part': [
    { question: (question) => ({ ...question, process: question.process || 'onlooker' }) },
    'a storage that lost everything: restores nothing for an onlooker, which has no name',
  ],
  'ignores the version that a process knows': [
    { question: (question) => ({ ...question, known: { ...question.known, version: 0 } }) },
    'versions: grow beyond what the process knows, even if the storage lost its data',
  ],
  'believes any version': [
    {
      answer: (answer, { known }) => ({
        ...answer,
        version: Math.max(answer.version, known.version + 1),
      }),
    },
    'versions: ignore 1000000000000000, which lies in the far future',
  ],
  'restores an outage that a process slept through': [
    {
      question: (question) => ({
        ...question,
        known: { ...question.known, openedFor: Math.min(question.known.openedFor, 1) },
      }),
    },
    'a storage that lost everything: does not restore an outage that a process slept through',
  ],
  'sends no messages': [
    { isSilent: true },
    'messages: reach the other processes when the circuit opens',
  ],
  'announces no permit that is given back': [
    { isNews: (asked) => asked.op !== 'settle' || asked.outcome !== 'ignored' },
    'messages: reach the other processes when a permit is given back',
  ],
  'ignores the case of a name': [
    { key: (circuit) => circuit.toLowerCase() },
    'connections: keep circuits of any name apart',
  ],
  'keeps no names of those who force': [
    { forces: { answer: withForces(({ by: _by, ...force }) => force) } },
    'forced circuits: are read by other processes, with who, why, and for how long',
  ],
  'ends every force after a day': [
    { forces: { question: withForce((force) => ({ endsIn: 86_400, ...force })) } },
    'forced circuits: stay until they are lifted, unless they have an end',
  ],
  'heeds the first word': [
    {
      forces: {
        question: (question, kept) => {
          const isForced = (circuit: string): boolean =>
            kept?.entries.some((entry) => entry.circuit === circuit && entry.force) ?? false
          return question.op === 'force' && isForced(question.circuit)
            ? { ...question, op: 'read' }
            : question
        },
      },
    },
    'forced circuits: follow the last command, whichever process sends it and whatever that process knows',
  ],
  'ends no force': [
    { forces: { question: withForce(({ endsIn: _endsIn, ...force }) => force) } },
    "forced circuits: end by the storage's clock",
  ],
  'counts by an old clock': [
    { clock: (seconds, before) => (seconds < 9000 ? before : seconds) },
    'forced circuits: last no longer than they were given if the clock is set back',
  ],
  'trims the names of forced circuits': [
    {
      forces: {
        question: (question) =>
          question.op === 'read' ? question : { ...question, circuit: question.circuit.trim() },
      },
    },
    'forced circuits: stand on circuits of any name',
  ],
  'announces nothing': [
    { isSilent: true },
    'forced circuits: are announced to the other processes',
  ],
  'announces no routine reads': [
    {
      forces: {
        question: (question) =>
          question.op === 'read' ? { ...question, isRoutine: false } : question,
      },
    },
    'forced circuits: are announced by a routine read, although nothing has changed',
  ],
  'restores no forces': [
    { forces: { question: (question) => ({ ...question, known: NO_FORCES }) } },
    'forced circuits: are restored by a process that knows them, until their end',
  ],
  'forgets at once what was lifted': [
    {
      forces: {
        kept: (kept) => ({ ...kept, entries: kept.entries.filter(({ force }) => force) }),
      },
    },
    'forced circuits: are not brought back by a process that has slept since they were lifted',
  ],
  'does not learn what was lifted': [
    {
      forces: {
        question: (question) => ({ ...question, known: { ...question.known, lifted: [] } }),
      },
    },
    'forced circuits: are not brought back even if the storage has lost that they were lifted',
  ],
  'keeps no floor': [
    { forces: { kept: (kept) => ({ ...kept, floor: 0 }) } },
    'forced circuits: are not brought back after their lifting was forgotten',
  ],
  'believes the first process after a loss': [
    {
      forces: {
        question: (question, kept) => (kept ? { ...question, known: NO_FORCES } : question),
      },
    },
    'forced circuits: outlive a loss of the storage, even if it has got another force since',
  ],
  'has a constant version of its list': [
    { forces: { answer: (answer) => ({ ...answer, version: 1 }) } },
    'forced circuits: get growing versions, even after a loss and with a clock that was set back',
  ],
  'believes forces of the far future': [
    {
      forces: {
        kept: (kept, { known }) =>
          known.version > 1e14 ? { ...kept, entries: known.forces.map(storedForce) } : kept,
        question: (question) =>
          question.known.version > 1e14 && question.op === 'read'
            ? { ...question, op: 'unforce', circuit: 'nobody' }
            : question,
      },
    },
    'forced circuits: ignore a version of the far future that a process knows',
  ],
  'grants every force': [
    { forces: { answer: (answer) => ({ ...answer, granted: true }) } },
    'forced circuits: stand on 1000 circuits at most',
  ],
  'lists no names': [{ names: () => [] }, 'circuits: are listed by their names'],
  'answers over closed connections': [
    { neverCloses: true },
    'connections: can be closed twice, and then answer nothing',
  ],
}
