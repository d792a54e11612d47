/** Runs each row of the outcome table with both of Node's adapters against a real server. */
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios'
import { judgementOf, type Judgement } from './judgement.js'
import { Upstream } from './upstream.js'

export type Adapter = 'http' | 'fetch'
export type Expected = Judgement | Readonly<Record<Adapter, Judgement>>
export type Row = readonly [
  what: string,
  send: (instance: AxiosInstance) => unknown,
  expected: Expected,
]

export function describeOutcomes(title: string, rows: readonly Row[]): void {
  describe.each<Adapter>(['http', 'fetch'])(`${title}, with the %s adapter`, (adapter) => {
    let upstream: Upstream
    beforeAll(async () => {
      upstream = await Upstream.start()
    })
    afterAll(() => upstream.stop())

    it.each(rows)('%s', async (_what, send, expected) => {
      const judgement = await judgementOf(send, { baseURL: upstream.origin, adapter })
      expect(judgement).toBe(typeof expected === 'string' ? expected : expected[adapter])
    })
  })
}

export const get =
  (url: string, config: AxiosRequestConfig = {}) =>
  (instance: AxiosInstance): unknown =>
    instance.get(url, config)

/** The copy of axios that AXIOS names may be too old for a row. */
export function axiosIsBefore(version: string): boolean {
  const [major = 0, minor = 0] = axios.VERSION.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = version.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}
