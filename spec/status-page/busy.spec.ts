/** A page of many circuits, of which some change all the time: whoever looks at it often costs little. */
import { EventEmitter } from 'node:events'
import axios from 'axios'
import { CircuitBreaker } from '../../lib/index.js'
import { statusPage, type StatusPage } from '../../lib/status-page/index.js'

/** Up to so many circuits, a page is exact. */
const FEW = 100
/** Milliseconds for which a page of more is reused. */
const FRESH = 250

let breaker: CircuitBreaker
let page: StatusPage
beforeEach(() => {
  jest.useFakeTimers()
  breaker = new CircuitBreaker({ threshold: 1e9 })
})
afterEach(() => {
  page.close()
  jest.useRealTimers()
})

function start(circuits: number): void {
  for (let index = 0; index < circuits; index += 1) breaker.attach(axios.create(), `users-${index}`)
  page = statusPage(breaker)
}

/** @returns a function that tells what has been answered until now */
function open(format: string): () => string {
  let text = ''
  const read = (part: string): boolean => {
    text += part
    return true
  }
  const response = { headersSent: false, destroyed: false, writeHead: () => undefined }
  const request = { method: 'GET', url: `/?format=${format}`, headers: {} }
  page(
    request as never,
    Object.assign(new EventEmitter(), response, { write: read, end: read }) as never,
  )
  return () => text
}

const get = (format: string): string => open(format)()

/** Somebody sees this number of failures in a row. */
const shows = (format: string, failures: number): boolean =>
  get(format).includes(
    format === 'json' ? `"failureCount":${failures},` : `data-label="Failures">${failures}<`,
  )

async function fail(): Promise<void> {
  breaker.circuit('users-0')?.report('failure')
  await jest.advanceTimersByTimeAsync(0)
}

describe.each(['html', 'json'])('as %s', (format) => {
  it('is made once in a quarter of a second, though a circuit has changed', async () => {
    start(FEW + 1)
    const first = get(format)
    await fail()
    expect(get(format)).toBe(first)
    await jest.advanceTimersByTimeAsync(FRESH - 1)
    await fail()
    expect(get(format)).toBe(first)
    await jest.advanceTimersByTimeAsync(1)
    expect(shows(format, 2)).toBe(true)
    await fail()
    expect(shows(format, 3)).toBe(false)
  })

  it('is exact if there are few circuits', async () => {
    start(FEW)
    get(format)
    await fail()
    expect(shows(format, 1)).toBe(true)
    await fail()
    expect(shows(format, 2)).toBe(true)
  })
})

interface Message {
  readonly rows: readonly (readonly [id: string, html: string])[]
  readonly gone?: readonly string[]
}

const messagesIn = (text: string): Message[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Message)
const failures = ({ rows }: Message, id: string): string | undefined =>
  /data-label="Failures">(\d+)/.exec(new Map(rows).get(id) ?? '')?.[1]

describe('a stream of events', () => {
  it('begins with what there was a moment ago, and is told what has changed since', async () => {
    start(FEW + 2)
    get('html')
    await fail()
    breaker.circuit('users-1')?.detach()
    breaker.attach(axios.create(), 'new')
    breaker.attach(axios.create(), 'gone')
    breaker.circuit('gone')?.detach()
    await jest.advanceTimersByTimeAsync(0)
    const [one, two] = [open('events'), open('events')]
    const [first] = messagesIn(one())
    expect(first && [first.rows.length, failures(first, 'circuit-1')]).toEqual([FEW + 2, '0'])
    await jest.advanceTimersByTimeAsync(FRESH)
    const [, second, ...others] = messagesIn(one())
    expect(second).toMatchObject({ gone: ['circuit-2'] })
    expect(second?.rows.map(([id]) => id)).toEqual(['circuit-1', `circuit-${FEW + 3}`])
    expect(second && failures(second, 'circuit-1')).toBe('1')
    expect(others).toEqual([])
    expect(two()).toBe(one())
  })

  it('begins with what there is if there are few circuits, and is told nothing twice', async () => {
    start(FEW)
    get('html')
    await fail()
    const told = open('events')
    await jest.advanceTimersByTimeAsync(FRESH)
    const [first, ...others] = messagesIn(told())
    expect(first && failures(first, 'circuit-1')).toBe('1')
    expect(others).toEqual([])
  })
})
