/** A connection that cannot be made, or breaks, is a failure of the service. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describeOutcomes, get, type Row } from '../../support/outcome-table.js'

const refused: Row = [
  'refused',
  async (instance) => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const address = closed.address()
    const port = typeof address === 'object' ? address?.port : 0
    closed.close()
    await once(closed, 'close')
    await instance.get(`http://127.0.0.1:${port}/`)
  },
  'failure',
]

describeOutcomes('a connection', [
  refused,
  ['to a host that nobody knows', get('http://nobody.invalid/'), 'failure'],
  ['reset', get('/reset'), 'failure'],
  ['closed', get('/close'), 'failure'],
  ['that speaks no HTTP', get('/garbage'), 'failure'],
  ['lost midway through the body', get('/cut'), 'failure'],
  ['lost midway through the body of a 404', get('/cut/404'), 'failure'],
  ['whose body cannot be unpacked', get('/gzip'), 'failure'],
])
