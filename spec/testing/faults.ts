/** Faults of a storage, each with the case of the contract's suite that is about it. */
import type { Question } from '../../lib/fleet/index.js'
import { ignorant, type Fault } from './faulty-storage.js'

const withTerms =
  (terms: Partial<Question['terms']>) =>
  (question: Question): Question => ({ ...question, terms: { ...question.terms, ...terms } })

const withEvidence =
  (change: (failures: number, age: number) => readonly [number, number]) =>
  (question: Question): Question => {
    if (question.op !== 'report') return question
    const [failures, age] = change(question.evidence.failures, question.evidence.age)
    return { ...question, evidence: { failures, age } }
  }

const MINUTE = 60

/** The fault, and the case that catches it. */
export const FAULTS: Readonly<Record<string, readonly [Fault, string]>> = {
  'stores nothing': [
    { kept: (_kept, before) => before },
    'a closed circuit: counts the failures of all processes, and opens at the threshold',
  ],
  'lets commands come between reading and storing': [
    { isTorn: true },
    'a half-opened circuit: grants 1 at once and no more, whoever asks first',
  ],
  'knows circuits that nobody has reported of': [
    { answer: (answer) => ({ ...answer, version: answer.version + 1 }) },
    'a closed circuit: is what nothing is known of, and stays so if it is read',
  ],
  'counts reports, not failures': [
    { question: withEvidence((failures, age) => [Math.min(failures, 1), age]) },
    'a closed circuit: takes several failures in one report',
  ],
  'takes all processes for one': [
    { question: (question) => ({ ...question, process: 'one' }) },
    'a closed circuit: replaces what a process has reported by its next report',
  ],
  'takes nothing back': [
    { question: withEvidence((failures, age) => [Math.max(failures, 1), age]) },
    "a closed circuit: takes a process's failures back after its success, and nobody else's",
  ],
  'has a threshold of its own': [
    { question: withTerms({ opening: { threshold: 3 } }) },
    'a closed circuit: opens at the threshold of the process that reports',
  ],
  'grants nothing': [
    { answer: (answer) => ({ ...answer, granted: false }) },
    'a closed circuit: grants a permit to whoever asks',
  ],
  'makes reasons up': [
    { answer: (answer) => ({ ...answer, lastFailure: { code: 'ETIMEDOUT' } }) },
    'a closed circuit: keeps the reason that a report gives, or none',
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
  'takes every failure for a new one': [
    { question: withEvidence((failures) => [failures, 0]) },
    'a closed circuit: takes a failure for as old as its report says',
  ],
  'keeps moments of the future': [
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
    'a closed circuit: counts a failure no longer if the clock is set back',
  ],
  'knows no quorum': [
    { question: withTerms({ quorum: 1 }) },
    'a closed circuit: leaves out the worst reporters, one fewer than the quorum',
  ],
  'takes each process for a reporter': [
    { question: (question) => ({ ...question, reporter: question.process }) },
    'a closed circuit: leaves out a reporter with all of its processes',
  ],
  'keeps too few processes': [
    { kept: (kept) => ({ ...kept, evidence: kept.evidence.slice(-100) }) },
    'a closed circuit: keeps the evidence of 128 processes, however many report',
  ],
  'is due at once': [
    {
      question: (question) =>
        question.op === 'acquire' ? withTerms({ ttl: 0 })(question) : question,
    },
    'an opened circuit: grants nothing before its ttl is over, and says how long it has lasted',
  ],
  'grants reports that it does not take': [
    { answer: (answer) => ({ ...answer, granted: true }) },
    'an opened circuit: takes no report any more',
  ],
  'has a long ttl of its own': [
    { question: withTerms({ ttl: 20 }) },
    'an opened circuit: lasts as long as the asking process configures',
  ],
  'has a short ttl of its own': [
    { question: withTerms({ ttl: 5 }) },
    'an opened circuit: lasts no shorter because another process configures less',
  ],
  'ignores how long a process has measured': [
    {
      question: (question) => ({ ...question, known: { ...question.known, openedFor: 0 } }),
    },
    'an opened circuit: lasts no longer if the clock is set back, by what a process has measured',
  ],
  'is due when its clock is set back': [
    {
      kept: (kept) => kept,
      question: (question, kept) =>
        kept && question.op === 'acquire' && kept.openedAt > 9000 && !question.known.version
          ? withTerms({ ttl: 0 })(question)
          : question,
    },
    'an opened circuit: lasts one more ttl at most if the clock is set back, for a process that knows nothing',
  ],
  'has one permit, whatever is configured': [
    { question: withTerms({ permits: 1 }) },
    'a half-opened circuit: grants 3 at once and no more, whoever asks first',
  ],
  'takes every probe for a failure': [
    {
      question: (question) =>
        question.op === 'settle' ? { ...question, outcome: 'failure' } : question,
    },
    'a half-opened circuit: is closed after a probe that ended with success',
  ],
  'takes every probe for a success': [
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
  'takes results from anybody': [
    {
      question: (question, kept) =>
        question.op === 'settle'
          ? { ...question, token: kept?.permits[0]?.token ?? question.token }
          : question,
    },
    'a half-opened circuit: counts a result only of whoever holds the permit, and once',
  ],
  'takes every token for a new one': [
    {
      question: (question, kept) =>
        question.op === 'acquire' && kept?.permits.length
          ? { ...question, token: `${question.token} again` }
          : question,
    },
    'a half-opened circuit: grants a permit again to the token that holds it',
  ],
  'lets no lease end': [
    { question: withTerms({ lease: 1e6 }) },
    'a half-opened circuit: hands a permit on when its lease has ended, and ignores who held it',
  ],
  'renews nothing': [
    { question: (question) => (question.op === 'renew' ? { ...question, op: 'read' } : question) },
    'a half-opened circuit: lets a permit be renewed',
  ],
  'holds a permit until a moment of its old clock': [
    { clock: (seconds, before) => (seconds < 9000 ? before : seconds) },
    'a half-opened circuit: holds a permit for one more lease at most if the clock is set back',
  ],
  'takes reports of any epoch': [
    {
      question: (question, kept) =>
        question.op === 'report'
          ? { ...question, known: { ...question.known, epoch: kept?.epoch ?? 0, state: 'closed' } }
          : question,
    },
    'a half-opened circuit: takes no report of the time before it closed',
  ],
  'has one version for all': [
    { answer: (answer) => ({ ...answer, version: Math.min(answer.version, 1) }) },
    'versions: grow with each change, and epochs with each transition',
  ],
  'restores nothing': [
    { question: ignorant },
    'a storage that lost everything: restores an outage that a process knows of, with its age',
  ],
  'ignores the version that a process knows': [
    { question: (question) => ({ ...question, known: { ...question.known, version: 0 } }) },
    'versions: grow beyond what the process knows, whatever became of the storage',
  ],
  'believes any version': [
    {
      answer: (answer, { known }) => ({
        ...answer,
        version: Math.max(answer.version, known.version + 1),
      }),
    },
    'versions: disbelieves 1000000000000000, which is of the far future',
  ],
  'takes a slept outage for a new one': [
    {
      question: (question) => ({
        ...question,
        known: { ...question.known, openedFor: Math.min(question.known.openedFor, 1) },
      }),
    },
    'a storage that lost everything: restores no outage that a process slept through',
  ],
  'tells nobody': [
    { isSilent: true },
    'messages: reach the other processes when the circuit opens',
  ],
  'ignores the case of a name': [
    { key: (circuit) => circuit.toLowerCase() },
    'connections: keep circuits of any name apart',
  ],
  'answers over closed connections': [
    { neverCloses: true },
    'connections: can be closed twice, and answer nothing any more',
  ],
}
