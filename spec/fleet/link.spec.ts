/** The link alone, with a connection and a clock that the spec controls. */
import type { CircuitEvents } from '../../lib/circuit/events.js'
import { Link } from '../../lib/fleet/link.js'
import type {
  Answer,
  Connection,
  ConnectionListener,
  Question,
} from '../../lib/storage/contract.js'
import { INITIAL_SNAPSHOT } from '../../lib/storage/initial-snapshot.js'

const DEADLINE = 5
const ANSWER: Answer = { ...INITIAL_SNAPSHOT, granted: true }
const QUESTION: Question = {
  op: 'acquire',
  token: 't',
  circuit: 'users',
  process: 'p',
  reporter: 'p',
  deadline: 0.1,
  known: INITIAL_SNAPSHOT,
  terms: { opening: { threshold: 1 }, ttl: 1, permits: 1, lease: 1, quorum: 1 },
}

class FakeConnection implements Connection {
  isUp = true
  isClosed = false
  readonly forgotten: string[] = []
  readonly listener: ConnectionListener
  settle: { up(): void; refuse(error: Error): void } = {
    up: () => undefined,
    refuse: () => undefined,
  }
  readonly ready = new Promise<void>((resolve, reject) => {
    this.settle = { up: resolve, refuse: reject }
  })
  answer: () => Promise<Answer> = async () => ANSWER

  constructor(listener: ConnectionListener) {
    this.listener = listener
    this.ready.catch(() => undefined)
  }

  ask(): Promise<Answer> {
    return this.answer()
  }

  forget(circuit: string): void {
    this.forgotten.push(circuit)
  }

  async close(): Promise<void> {
    this.isClosed = true
    await closing
  }
}

/** What the end of a connection waits for. */
let closing: Promise<void> | undefined

let connections: FakeConnection[]
let isUpAtFirst: boolean
/** Everything that the link published and called, in order. */
let log: string[]
/** How long each question took. */
let durations: number[]
let readFirst: (deadline?: number) => Promise<void>
let readRest: (deadline?: number) => Promise<void>
let isDue: boolean
let link: Link

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] })
  jest.spyOn(Math, 'random').mockReturnValue(0)
  connections = []
  isUpAtFirst = true
  log = []
  durations = []
  isDue = false
  closing = undefined
  readFirst = async () => undefined
  readRest = async () => undefined
  const say = (text: string) => () => void log.push(text)
  link = new Link({
    publisher: {
      publish: (name, event) => {
        if ('duration' in event && name === 'storageAnswered') durations.push(event.duration)
        else log.push(`${name} ${received(event)}`)
      },
      hasListeners: () => true,
    },
    now: () => performance.now() / 1000,
    connect: (listener) => {
      const connection = new FakeConnection(listener)
      connection.isUp = isUpAtFirst
      connections.push(connection)
      log.push('connect')
      return connection
    },
    on: {
      lost: say('lost'),
      distrusted: say('distrusted'),
      missed: say('missed'),
      pushed: (name) => void log.push(`pushed ${name}`),
      hinted: (name) => void log.push(`hinted ${name}`),
      forcesChanged: (version) => void log.push(`forces ${version}`),
    },
    readings: {
      catchUp: () => {
        if (isDue) log.push('rest soon')
      },
      readFirst: async (deadline) => {
        log.push(`first ${deadline ?? 'soon'}`)
        await readFirst(deadline)
        return () => void log.push(`adopt, ${link.isUp ? 'up' : 'down'}`)
      },
      readRest: async (deadline) => {
        log.push(`rest ${deadline ?? 'soon'}`)
        await readRest(deadline)
      },
    },
  })
})
afterEach(async () => {
  await link.close()
  jest.restoreAllMocks()
  jest.useRealTimers()
})

function received(event: CircuitEvents[keyof CircuitEvents]): string {
  if ('reason' in event) return event.reason
  return 'lostFor' in event ? event.lostFor.toFixed(1) : ''
}

function current(): FakeConnection {
  const last = connections.at(-1)
  if (!last) throw new Error('nothing is connected')
  return last
}

const pass = (seconds: number): Promise<void> => jest.advanceTimersByTimeAsync(seconds * 1000)

/** @returns the reason of the refusal */
const refusal = (job: Promise<unknown>): Promise<string> =>
  job.then(
    () => 'not refused',
    (error: unknown) => String(error),
  )

/** Asks so many questions that the storage never answers, until they are given up. */
async function leaveUnanswered(count: number): Promise<void> {
  current().answer = () => new Promise(() => undefined)
  const asked = Array.from({ length: count }, () => refusal(link.ask(QUESTION)))
  await pass(QUESTION.deadline + 0.01)
  await Promise.all(asked)
}

/** Makes the storage answer nothing, and the connection report that it is down. */
function lose(reason = 'gone', isDown?: boolean): void {
  current().isUp = false
  current().listener.lost(reason, isDown)
}

async function joined(): Promise<void> {
  await link.init(DEADLINE)
  log.length = 0
}

describe('init()', () => {
  it('connects, is up before it adopts the first answer, and reads the rest', async () => {
    expect(link.isUp).toBe(false)
    await link.init(DEADLINE)
    expect(link.isUp).toBe(true)
    expect(log).toEqual(['lost', 'connect', 'first 5', 'adopt, up', 'rest 5'])
  })

  it('connects only once, while it connects and afterwards', async () => {
    const [first, second] = [link.init(DEADLINE), link.init(DEADLINE)]
    expect(second).toBe(first)
    await first
    await link.init(DEADLINE)
    expect(connections).toHaveLength(1)
  })

  it('waits until the connection is ready', async () => {
    isUpAtFirst = false
    const init = link.init(DEADLINE)
    await pass(1)
    expect(log).toEqual(['lost', 'connect'])
    current().settle.up()
    await init
    expect(link.isUp).toBe(true)
  })

  it('rejects at its deadline with the last error of the connection, and publishes the loss', async () => {
    isUpAtFirst = false
    const init = refusal(link.init(DEADLINE))
    current().listener.lost('ECONNREFUSED')
    expect(log).toEqual(['lost', 'connect'])
    await pass(DEADLINE + 0.1)
    const reason = 'it did not answer in time (ECONNREFUSED)'
    expect(await init).toBe(`Error: Could not reach the storage within 5 s: ${reason}`)
    expect(log.slice(2)).toEqual(['lost', 'distrusted', `storageLost ${reason}`])
  })

  it('does not repeat an error that the message already contains', async () => {
    isUpAtFirst = false
    const init = refusal(link.init(DEADLINE))
    current().listener.lost('WRONGPASS')
    current().settle.refuse(new Error('WRONGPASS no such user'))
    expect(await init).toMatch(/: WRONGPASS no such user$/)
  })

  it('rejects if the first circuit or the rest cannot be read', async () => {
    readFirst = () => Promise.reject(new Error('first'))
    expect(await refusal(link.init(DEADLINE))).toMatch(/: first$/)
    await link.close()
    readFirst = async () => undefined
    readRest = async () => {
      current().listener.lost('rest')
      throw new Error('rest')
    }
    expect(await refusal(link.init(DEADLINE))).toMatch(/: rest$/)
    expect(link.isUp).toBe(false)
  })

  it('tries again at once after a refusal, with another connection', async () => {
    isUpAtFirst = false
    const first = refusal(link.init(DEADLINE))
    const [before] = connections
    before?.settle.refuse(new Error('NOAUTH'))
    await first
    isUpAtFirst = true
    await link.init(DEADLINE)
    expect(before?.isClosed).toBe(true)
    expect(connections).toHaveLength(2)
    expect(link.isUp).toBe(true)
    expect(log.filter((entry) => entry.startsWith('storage'))).toEqual([
      'storageLost NOAUTH',
      'storageRestored 0.0',
    ])
  })

  it('only reads if a retry found the storage after a failed call', async () => {
    readFirst = () => Promise.reject(new Error('busy'))
    await refusal(link.init(DEADLINE))
    readFirst = async () => undefined
    await pass(0.06)
    expect(link.isUp).toBe(true)
    log.length = 0
    await link.init(DEADLINE)
    expect(log).toEqual(['missed', 'rest 5'])
    expect(connections).toHaveLength(1)
  })

  it('does not adopt answers that come after its deadline', async () => {
    let answer = (): void => undefined
    readFirst = () => {
      readFirst = () => new Promise(() => undefined)
      return new Promise((resolve) => (answer = resolve))
    }
    const init = refusal(link.init(DEADLINE))
    await pass(DEADLINE + 0.1)
    await init
    answer()
    await pass(0)
    expect(link.isUp).toBe(false)
    expect(log.filter((entry) => entry.startsWith('adopt'))).toEqual([])
  })
})

describe('a loss', () => {
  beforeEach(joined)

  it('takes effect at once, and is published after a second', async () => {
    lose()
    expect(link.isUp).toBe(false)
    expect(log).toEqual(['lost'])
    await pass(0.9)
    expect(log).toEqual(['lost'])
    await pass(0.2)
    expect(log).toEqual(['lost', 'distrusted', 'storageLost gone'])
    await pass(10)
    expect(log).toHaveLength(3)
  })

  it('is published at once if something needs the storage, or if the storage is down', async () => {
    lose()
    link.miss()
    link.miss()
    expect(log).toEqual(['lost', 'distrusted', 'storageLost gone'])
    current().isUp = true
    await pass(0.1)
    log.length = 0
    lose('down', true)
    expect(log).toEqual(['lost', 'distrusted', 'storageLost down'])
  })

  it('is not published if it is over soon', async () => {
    lose()
    current().isUp = true
    await pass(0.06)
    expect(link.isUp).toBe(true)
    await pass(5)
    expect(log).toEqual(['lost', 'first soon', 'adopt, up'])
  })

  it('ends with its duration, and the circuits that are due are read', async () => {
    lose()
    link.miss()
    await pass(3)
    current().isUp = true
    isDue = true
    await pass(2)
    expect(log).toEqual([
      'lost',
      'distrusted',
      'storageLost gone',
      'first soon',
      'storageRestored 3.1',
      'adopt, up',
      'rest soon',
    ])
  })

  it('is retried soon at first, then less and less often', async () => {
    readFirst = () => Promise.reject(new Error('not yet'))
    current().listener.lost('gone')
    const tries: number[] = []
    for (let step = 0; step < 700; step += 1) {
      const before = log.length
      await pass(0.01)
      if (log.slice(before).includes('first soon')) tries.push(step / 100)
    }
    const pauses = tries.map((at, index) => at - (tries[index - 1] ?? -0.01))
    expect(pauses.map((pause) => pause.toFixed(1))).toEqual([
      '0.1',
      '0.1',
      '0.2',
      '0.4',
      '0.8',
      '1.6',
      '2.0',
    ])
  })

  it('that lasts is retried by chance from one to two seconds later: a fleet does not retry all at once', async () => {
    jest.mocked(Math.random).mockReturnValue(0.99)
    lose()
    await pass(3.2)
    log.length = 0
    current().isUp = true
    await pass(1.03)
    expect(log).toContain('first soon')
  })

  it('is retried at once if the storage reports that it is there', async () => {
    lose()
    await pass(0.9)
    current().isUp = true
    current().listener.resumed()
    await pass(0)
    expect(link.isUp).toBe(true)
  })

  it('has one retry at a time', async () => {
    lose()
    current().isUp = true
    readFirst = () => new Promise(() => undefined)
    await pass(0.06)
    current().listener.resumed()
    await pass(0)
    expect(log.filter((entry) => entry === 'first soon')).toHaveLength(1)
  })

  it('is published again only for a refusal that waiting does not cure', async () => {
    lose()
    link.miss()
    log.length = 0
    current().listener.lost('ECONNRESET')
    current().listener.lost('NOPERM no permission')
    current().listener.lost('NOPERM no permission')
    current().listener.lost('xNOPERM')
    expect(log).toEqual(['storageLost NOPERM no permission'])
  })

  it('reads nothing, and passes messages on', async () => {
    lose()
    isDue = true
    current().listener.hinted('users')
    link.catchUp()
    expect(log).toEqual(['lost', 'hinted users'])
  })

  it('that comes in the moment in which the storage is found is retried too', async () => {
    lose()
    current().isUp = true
    readFirst = async () => {
      readFirst = async () => undefined
      current().listener.lost('again')
    }
    await pass(0.06)
    expect(link.isUp).toBe(true)
    expect(log).toContain('adopt, up')
  })
})

describe('a question', () => {
  beforeEach(joined)

  it('is answered', async () => {
    expect(await link.ask(QUESTION)).toBe(ANSWER)
    expect(log).toEqual([])
  })

  it('that is not answered in time loses the storage, which is published at once', async () => {
    current().answer = () => new Promise(() => undefined)
    const answer = refusal(link.ask(QUESTION))
    await pass(0.11)
    const reason = 'No answer from the storage within 0.1 s'
    expect(await answer).toBe(`Error: ${reason}`)
    expect(log).toEqual(['lost', 'distrusted', `storageLost ${reason}`])
  })

  it('that nobody waits for loses the storage, which is not published at once', async () => {
    current().answer = () => Promise.reject(new Error('why'))
    const { known, terms, circuit, process, reporter, deadline } = QUESTION
    const read: Question = { op: 'read', known, terms, circuit, process, reporter, deadline }
    expect(await refusal(link.ask(read))).toBe('Error: why')
    expect(log).toEqual(['lost'])
  })

  it('that is refused for its circuit alone does not lose the storage', async () => {
    const error = Object.assign(new Error('WRONGTYPE'), { scope: 'circuit' })
    current().answer = () => Promise.reject(error)
    expect(await refusal(link.ask(QUESTION))).toBe('Error: WRONGTYPE')
    expect(link.isUp).toBe(true)
    expect(log).toEqual([])
  })

  it('is rejected with the last error of the connection, and sends nothing', async () => {
    lose('ECONNREFUSED')
    current().answer = () => Promise.reject(new Error('asked'))
    expect(await refusal(link.ask(QUESTION))).toBe('Error: ECONNREFUSED')
  })

  it('passes on a late answer, but not one in time', async () => {
    const late: Answer[] = []
    let answer: (answer: Answer) => void = () => undefined
    current().answer = () => new Promise((resolve) => (answer = resolve))
    const asked = refusal(link.ask(QUESTION, (given) => late.push(given)))
    await pass(0.2)
    await asked
    answer(ANSWER)
    await pass(0)
    expect(late).toEqual([ANSWER])
    current().answer = async () => ANSWER
    await link.ask(QUESTION, (given) => late.push(given))
    expect(late).toHaveLength(1)
  })

  it.each([
    ['after seconds triggers a retry: the storage hangs no more', 2.2, true],
    ['a little late does not change the time of the retry', 1.5, false],
  ])('that is answered %s', async (_what, seconds, isUp) => {
    let answer: (answer: Answer) => void = () => undefined
    current().answer = () => new Promise((resolve) => (answer = resolve))
    readFirst = () => Promise.reject(new Error('it hangs'))
    const asked = refusal(link.ask(QUESTION))
    await pass(seconds)
    await asked
    readFirst = async () => undefined
    answer(ANSWER)
    await pass(0)
    expect(link.isUp).toBe(isUp)
  })

  it('is not sent if too many are unanswered', async () => {
    const answers: (() => void)[] = []
    current().answer = () => new Promise((resolve) => answers.push(() => resolve(ANSWER)))
    const asked = Array.from({ length: 11 }, () => refusal(link.ask(QUESTION)))
    await pass(0.11)
    await Promise.all(asked)
    log.length = 0
    await pass(5)
    expect(log).not.toContain('first soon')
    answers[0]?.()
    await pass(2)
    expect(log).toContain('first soon')
  })

  it('is sent once a minute if too many will never be answered', async () => {
    await leaveUnanswered(11)
    log.length = 0
    readFirst = () => link.ask({ ...QUESTION, op: 'read' }).then(() => undefined)
    await pass(59)
    expect(log).not.toContain('first soon')
    await pass(60)
    expect(log.filter((entry) => entry === 'first soon')).toHaveLength(1)
    current().answer = async () => ANSWER
    await pass(64)
    expect(link.isUp).toBe(true)
  })

  it('is not sent less often because of those from before the storage was last found', async () => {
    for (let loss = 1; loss <= 3; loss += 1) {
      await leaveUnanswered(10)
      await pass(0.06)
      expect(link.isUp).toBe(true)
    }
  })

  it('holds drain() up until it is answered or given up', async () => {
    current().answer = () => new Promise(() => undefined)
    const asked = refusal(link.ask(QUESTION))
    let isDrained = false
    void link.drain().then(() => (isDrained = true))
    await pass(0.05)
    expect(isDrained).toBe(false)
    await pass(0.1)
    expect(isDrained).toBe(true)
    await asked
  })

  it('that was asked before a loss does not affect the storage that was found since', async () => {
    current().answer = () => new Promise(() => undefined)
    const [early, late] = [0.5, 1.5].map((deadline) => refusal(link.ask({ ...QUESTION, deadline })))
    await pass(0.51)
    expect(await early).toContain('within 0.5 s')
    await pass(0.06)
    expect(link.isUp).toBe(true)
    log.length = 0
    await pass(1)
    expect(await late).toContain('within 1.5 s')
    expect([link.isUp, log]).toEqual([true, []])
  })

  it('that went to an earlier connection does not affect this one', async () => {
    lose()
    const before = current()
    before.isUp = true
    let refuse: (error: Error) => void = () => undefined
    before.answer = () => new Promise((_resolve, reject) => (refuse = reject))
    const asked = refusal(link.ask(QUESTION))
    await link.close()
    await link.init(DEADLINE)
    log.length = 0
    refuse(new Error('closed'))
    await asked
    expect(link.isUp).toBe(true)
    expect(log).toEqual([])
  })
})

describe('messages', () => {
  it('are passed on, and the circuits that they make due are read', async () => {
    await joined()
    current().listener.pushed('users', INITIAL_SNAPSHOT, 'p')
    current().listener.hinted('orders')
    expect(log).toEqual(['pushed users', 'hinted orders'])
    isDue = true
    current().listener.pushed('users', INITIAL_SNAPSHOT, 'p')
    current().listener.hinted('orders')
    expect(log.slice(2)).toEqual(['pushed users', 'rest soon', 'hinted orders', 'rest soon'])
  })

  it('may have been missed if the connection resumes', async () => {
    await joined()
    isDue = true
    current().listener.resumed()
    expect(log).toEqual(['missed', 'rest soon'])
  })
})

describe('close()', () => {
  it('leaves every circuit on its own, and closes the connection', async () => {
    await joined()
    link.forget('users')
    await link.close()
    expect(link.isUp).toBe(false)
    expect(current()).toMatchObject({ isClosed: true, forgotten: ['users'] })
    expect(log).toEqual(['lost'])
    link.forget('orders')
    expect(current().forgotten).toEqual(['users'])
    expect(await refusal(link.ask(QUESTION))).toBe('Error: The storage is not connected')
  })

  it('rejects init(), and publishes nothing', async () => {
    isUpAtFirst = false
    const init = refusal(link.init(DEADLINE))
    await link.close()
    expect(await init).toMatch(/: breaker\.close\(\) was called$/)
    await pass(10)
    expect(log).toEqual(['lost', 'connect'])
  })

  it('ends a loss, and retries nothing', async () => {
    await joined()
    lose()
    await link.close()
    await pass(10)
    expect(log).toEqual(['lost'])
  })

  it('allows another init()', async () => {
    await joined()
    await link.close()
    await link.init(DEADLINE)
    expect(connections).toHaveLength(2)
    expect(link.isUp).toBe(true)
  })

  it('does not adopt a read that ends after it', async () => {
    await joined()
    lose()
    current().isUp = true
    let answer = (): void => undefined
    readFirst = () => new Promise((resolve) => (answer = resolve))
    await pass(0.06)
    await link.close()
    answer()
    await pass(0)
    expect(link.isUp).toBe(false)
    expect(log).toEqual(['lost', 'first soon'])
  })
})

describe('init() and close() without waiting between them', () => {
  const CLOSED = /: breaker\.close\(\) was called$/

  it('end with the last call, and what was called before it changes nothing', async () => {
    const first = refusal(link.init(DEADLINE))
    const closed = link.close()
    await link.init(DEADLINE)
    expect(log).toEqual(['lost', 'connect', 'lost', 'connect', 'first 5', 'adopt, up', 'rest 5'])
    await closed
    expect(await first).toMatch(CLOSED)
    await link.init(DEADLINE)
    expect([link.isUp, connections.length]).toEqual([true, 2])
  })

  it('leave a join that still waits alone', async () => {
    isUpAtFirst = false
    const first = refusal(link.init(DEADLINE))
    void link.close()
    const second = link.init(DEADLINE)
    expect(await first).toMatch(CLOSED)
    expect(link.init(DEADLINE)).toBe(second)
    current().settle.up()
    await second
    expect(log.filter((entry) => entry.startsWith('storage'))).toEqual([])
  })

  it('leave nothing that keeps trying if the last one is close()', async () => {
    const timers = jest.getTimerCount()
    const inits = [refusal(link.init(DEADLINE))]
    void link.close()
    inits.push(refusal(link.init(DEADLINE)), refusal(link.init(DEADLINE)))
    await link.close()
    for (const reason of await Promise.all(inits)) expect(reason).toMatch(CLOSED)
    await pass(10)
    expect([link.isUp, jest.getTimerCount()]).toEqual([false, timers])
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true, true])
    expect(log).toEqual(['lost', 'connect', 'lost', 'connect'])
  })

  it.each(['first', 'rest'])('reject the call that reads the %s of the circuits', async (which) => {
    const reading = pending()
    if (which === 'first') readFirst = () => reading.promise
    else readRest = () => reading.promise
    const init = refusal(link.init(DEADLINE))
    await pass(0)
    expect(log.at(-1)).toBe(`${which} 5`)
    await link.close()
    reading.resolve()
    expect(await init).toMatch(CLOSED)
    expect(link.isUp).toBe(false)
  })

  it('reject a call that only reads, since a retry has found the storage', async () => {
    readFirst = () => Promise.reject(new Error('busy'))
    await refusal(link.init(DEADLINE))
    readFirst = async () => undefined
    await pass(0.06)
    readRest = () => new Promise(() => undefined)
    const init = refusal(link.init(DEADLINE))
    await link.close()
    expect(await init).toMatch(CLOSED)
  })

  it('leave no connection that nobody closes, if the one before takes its time to close', async () => {
    isUpAtFirst = false
    const failed = refusal(link.init(DEADLINE))
    current().settle.refuse(new Error('NOAUTH'))
    await failed
    const end = pending()
    closing = end.promise
    const second = refusal(link.init(DEADLINE))
    const closed = link.close()
    expect(await second).toMatch(CLOSED)
    isUpAtFirst = true
    const third = link.init(DEADLINE)
    end.resolve()
    await Promise.all([closed, third])
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true, false])
    await link.close()
    await pass(0)
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([true, true])
  })
})

describe('timers', () => {
  beforeEach(joined)

  it('are all ended by close(), which may come while a retry is under way', async () => {
    const [timers, retry] = [jest.getTimerCount(), pending()]
    lose()
    await link.close()
    expect(jest.getTimerCount()).toBe(timers)
    await joined()
    lose()
    current().isUp = true
    readFirst = () => retry.promise
    await pass(0.06)
    await link.close()
    retry.reject(new Error('too late'))
    await pass(0)
    expect(jest.getTimerCount()).toBe(timers)
  })

  it('do not look a second time for a storage that has reported that it is there', async () => {
    lose()
    current().isUp = true
    readFirst = () => new Promise(() => undefined)
    current().listener.resumed()
    await pass(1)
    expect(log.filter((entry) => entry === 'first soon')).toHaveLength(1)
  })

  it('measure from the loss, and from the question, not from the start', async () => {
    await pass(10)
    lose()
    link.miss()
    await pass(3)
    current().isUp = true
    await pass(2)
    expect(log).toContainEqual(expect.stringMatching(/^storageRestored 3\./))
    const late = pending<Answer>()
    current().answer = () => late.promise
    readFirst = () => Promise.reject(new Error('it hangs'))
    const asked = refusal(link.ask(QUESTION))
    await pass(1.5)
    await asked
    readFirst = async () => undefined
    late.resolve(ANSWER)
    await pass(0)
    expect(link.isUp).toBe(false)
    expect(durations.at(-1)).toBeCloseTo(0.1, 1)
  })
})

it('does not count answered questions as unanswered', async () => {
  await joined()
  for (let count = 0; count < 20; count += 1) await link.ask(QUESTION)
  expect(durations).toHaveLength(20)
  current().answer = () => new Promise(() => undefined)
  const asked = Array.from({ length: 11 }, () => refusal(link.ask(QUESTION)))
  await pass(0.11)
  await Promise.all(asked)
  log.length = 0
  await pass(5)
  expect(log).not.toContain('first soon')
})

it('publishes a refusal that waiting does not cure no sooner than any other loss', async () => {
  await joined()
  lose('NOPERM no permission')
  expect(log).toEqual(['lost'])
  await pass(1.1)
  expect(log).toEqual(['lost', 'distrusted', 'storageLost NOPERM no permission'])
})

it('publishes no loss while the storage is up, nor once it is closed', async () => {
  await joined()
  link.miss()
  await link.close()
  current().listener.resumed()
  link.miss()
  expect(log).toEqual(['lost'])
})

describe('init() again', () => {
  it('after a failure that it reports does not mention the trouble before', async () => {
    isUpAtFirst = false
    const first = refusal(link.init(DEADLINE))
    current().listener.lost('ECONNREFUSED')
    current().settle.refuse(new Error('refused'))
    expect(await first).toMatch(/: refused \(ECONNREFUSED\)$/)
    const second = refusal(link.init(DEADLINE))
    await pass(0)
    current().settle.refuse(new Error('NOAUTH'))
    expect(await second).toMatch(/: NOAUTH$/)
    expect(log.filter((entry) => entry.startsWith('storage'))).toEqual([
      'storageLost refused (ECONNREFUSED)',
      'storageLost NOAUTH',
    ])
  })

  it('keeps a connection that is up, and looks for the storage soon if it fails', async () => {
    readFirst = () => Promise.reject(new Error('busy'))
    await refusal(link.init(DEADLINE))
    await pass(6)
    await refusal(link.init(DEADLINE))
    expect(connections).toHaveLength(1)
    readFirst = async () => undefined
    await pass(0.06)
    expect(link.isUp).toBe(true)
  })

  it('publishes a loss once, and goes on with it, if the storage is lost while the rest is read', async () => {
    readRest = async () => {
      lose('rest')
      throw new Error('rest')
    }
    expect(await refusal(link.init(DEADLINE))).toMatch(/: rest$/)
    await pass(5)
    expect(log.filter((entry) => entry.startsWith('storage'))).toEqual(['storageLost rest'])
    expect(jest.getTimerCount()).toBe(1)
  })

  it('is not needed if only the rest could not be read', async () => {
    readRest = () => Promise.reject(new Error('one circuit'))
    await link.init(DEADLINE)
    expect(link.isUp).toBe(true)
  })
})

it('reads nothing over a connection that is ready after the deadline', async () => {
  isUpAtFirst = false
  const init = refusal(link.init(DEADLINE))
  await pass(DEADLINE + 0.1)
  await init
  current().settle.up()
  await pass(0)
  expect(log).not.toContain('first 5')
})

function pending<Value = void>() {
  let resolve: (value: Value) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<Value>((...settle) => ([resolve, reject] = settle))
  return { promise, resolve, reject }
}
