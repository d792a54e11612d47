/** A service that redirects to nowhere has failed, whichever adapter follows it. */
import { describeOutcomes, get, type Row } from '../../support/outcome-table.js'

const away = (location: string): string => `/away/${encodeURIComponent(location)}`
const refuse = (): never => {
  throw new Error('no redirects to strangers')
}

const REFUSED: Row = [
  "that the caller's own beforeRedirect refuses",
  get('/redirect/200', { beforeRedirect: refuse }),
  // The fetch adapter knows no such option.
  { http: 'ignored', fetch: 'success' },
]

describeOutcomes('a redirect', [
  ['without end', get('/loop'), 'failure'],
  ['without end, where the caller allows few', get('/loop', { maxRedirects: 2 }), 'failure'],
  ['to what is no URL', get(away('http://[')), 'failure'],
  [
    'to what is no URL, past a beforeRedirect',
    get(away('http://['), { beforeRedirect: () => undefined }),
    'failure',
  ],
  ['to another protocol', get(away('file:///etc/hosts')), 'failure'],
  REFUSED,
])

// Node's own fetch reports such an answer as a broken connection.
describeOutcomes('a status of 0', [['of a server', get('/zero'), 'failure']])
