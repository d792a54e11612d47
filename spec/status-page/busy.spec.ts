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

/** @returns what is answered at once */
function get(format: string): string {
  let text = ''
  const read = (part: string): boolean => {
    text += part
    return true
  }
  const response = { headersSent: false, destroyed: false, writeHead: () => undefined }
  const request = { method: 'GET', url: `/?format=${format}`, headers: {} }
  page(
    request as never,
    Object.assign(new EventEmitter(), response, { write: read, end: read, destroy: () => undefined }) as never, // prettier-ignore
  )
  return text
}

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

it('begins a stream of events with what there is now', async () => {
  start(FEW + 1)
  get('html')
  await fail()
  expect(get('events')).toContain('data-label=\\"Failures\\">1<')
})
