/** docs/moving.md has each option of the other libraries, and names only options that exist. */
import axios from 'axios'
import {
  circuitBreaker,
  ConsecutiveBreaker,
  CountBreaker,
  handleAll,
  SamplingBreaker,
} from 'cockatiel'
import { CircuitBreaker, type CircuitOptions } from '../lib/index.js'
import { snippetsOf, tableBelow } from './support/document.js'

const PAGE = 'docs/moving.md'
/** The headings under which the page has the options of each library. */
const LIBRARIES = {
  'From opossum': 'opossum 10',
  'From cockatiel': 'cockatiel 4',
  'From resilience4j': 'resilience4j 2',
} as const

type Heading = keyof typeof LIBRARIES

function rowsOf(heading: Heading): readonly { theirs: string; ours: string }[] {
  const code = (cell = ''): string => cell.replaceAll('`', '')
  return tableBelow(PAGE, `## ${heading}`).map((row) => ({
    theirs: code(row[LIBRARIES[heading]]),
    ours: code(row.here),
  }))
}

const namesIn = (heading: Heading): string[] => rowsOf(heading).map(({ theirs }) => theirs)

/** The options that a library reads, and those of options that it reads as well. */
async function namesRead(
  use: (options: never) => unknown,
  given: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const names = new Set<string>()
  const recorder = (values: object, within: string): object =>
    new Proxy(values, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(target, name)
        if (typeof name !== 'string') return value
        const path = `${within}${name}`
        names.add(path)
        const isPlain = typeof value === 'object' && value?.constructor === Object
        return isPlain ? recorder(value, `${path}.`) : value
      },
    })
  await use(recorder({ ...given }, '') as never)
  return [...names].toSorted()
}

describe('the table of', () => {
  it('opossum has each option that opossum reads, and no other', async () => {
    interface Opossum {
      shutdown(): void
    }
    // It has no types.
    const Library = require('opossum') as new (action: () => unknown, options: object) => Opossum
    const read = await namesRead((options) => new Library(() => 0, options).shutdown(), {
      cache: true,
      coalesce: true,
    })
    // What it keeps there for itself, and what Status is given.
    const own = new Set(['coalesceCache', 'stats'])
    expect(namesIn('From opossum').toSorted()).toEqual(read.filter((name) => !own.has(name)))
  })

  it('cockatiel has each option that cockatiel reads, and no other', async () => {
    const terms = { threshold: 0.5, size: 10, duration: 1000 }
    const rule = {
      breaker: new ConsecutiveBreaker(1),
      halfOpenAfter: 1000,
      halfOpenSampling: { calls: 1, threshold: 0 },
    }
    const read = {
      ConsecutiveBreaker: ['threshold'],
      CountBreaker: await namesRead((options) => new CountBreaker(options), terms),
      SamplingBreaker: await namesRead((options) => new SamplingBreaker(options), terms),
      circuitBreaker: await namesRead(
        (options) => circuitBreaker(handleAll, options).execute(() => 0),
        rule,
      ),
    }
    const named = Object.entries(read).flatMap(([library, names]) =>
      names.map((name) => `${library}.${name}`),
    )
    const whole = named.filter((name) => !named.some((other) => other.startsWith(`${name}.`)))
    expect(namesIn('From cockatiel').toSorted()).toEqual(whole.toSorted())
  })

  it('resilience4j has what its CircuitBreakerConfig.Builder sets', () => {
    // Of version 2.4, but for slidingWindow, which sets four at once, and another word for
    // automaticTransitionFromOpenToHalfOpenEnabled.
    expect(namesIn('From resilience4j').toSorted()).toEqual([
      'automaticTransitionFromOpenToHalfOpenEnabled',
      'clock',
      'currentTimestampFunction',
      'failureRateThreshold',
      'ignoreException',
      'ignoreExceptions',
      'initialState',
      'maxWaitDurationInHalfOpenState',
      'minimumNumberOfCalls',
      'permittedNumberOfCallsInHalfOpenState',
      'recordException',
      'recordExceptions',
      'recordResult',
      'slidingWindowSize',
      'slidingWindowSynchronizationStrategy',
      'slidingWindowType',
      'slowCallDurationThreshold',
      'slowCallRateThreshold',
      'transitionOnResult',
      'transitionToStateAfterWaitDuration',
      'waitDurationInOpenState',
      'waitIntervalFunctionInOpenState',
      'writableStackTraceEnabled',
    ])
  })
})

describe.each(Object.keys(LIBRARIES) as Heading[])('%s', (heading) => {
  const named = [...new Set(rowsOf(heading).flatMap(({ ours }) => (ours ? [ours] : [])))]
  const code = snippetsOf(PAGE).find((snippet) => snippet.heading === heading)?.code ?? ''

  it('names options that this library has', () => {
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((path) => !isOption(path))).toEqual([])
  })

  it('shows each of them in its snippet, which another spec compiles', () => {
    const words = named.flatMap((path) => path.split('.'))
    expect(words.filter((word) => !new RegExp(`\\b${word}: `).test(code))).toEqual([])
  })

  it('shows above it what each of them stands for there', () => {
    const comments = code.match(/^\/\/ .*$/gm)?.join('\n') ?? ''
    const isShown = (path: string): boolean =>
      new RegExp(`\\b${path.split('.').at(-1)}\\b`).test(comments)
    const translated = rowsOf(heading).filter(({ theirs }) => isShown(theirs))
    const isFound = (path: string): boolean =>
      translated.some(({ ours }) => ours === path || ours.startsWith(`${path}.`))
    expect(named.filter((path) => !isFound(path))).toEqual([])
  })
})

/** Whether a circuit would say that there is no such option. */
function isOption(path: string): boolean {
  const options = path
    .split('.')
    .reduceRight<unknown>((value, name) => ({ [name]: value }), Symbol('no value'))
  try {
    new CircuitBreaker().attach(axios.create(), 'users', options as CircuitOptions)
  } catch (error) {
    if (error instanceof Error) return error.message.includes(`→ at ${path}`)
  }
  throw new Error(`${path} takes anything`)
}
