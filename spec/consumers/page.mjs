/** A page that calls a broken service until its circuit opens, through either browser adapter. */
import axios from 'axios'
import { CircuitBreaker, OpenedStateError } from 'axios-breaker'

const baseURL = new URLSearchParams(location.search).get('api')
const breaker = new CircuitBreaker({ threshold: 3, ttl: 60 })

breaker.on('stateChanged', ({ circuit, from, to }) => show(`${circuit}: ${from} to ${to}`))
document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
  show(`violated ${violatedDirective}`),
)

for (const adapter of ['xhr', 'fetch']) {
  const users = axios.create({ baseURL, adapter })
  breaker.attach(users, adapter)
  for (let count = 1; count <= 5; count += 1) {
    show(await users.get(`/${adapter}`).catch((error) => tell(error)))
  }
}
show('the end')

function tell(error) {
  if (!(error instanceof OpenedStateError)) return `${error.response?.status}`
  const near = error.retryAfter > 50 && error.retryAfter <= 60
  return `${error.circuit}: refused, ${error.state}, ${near ? 'for about a minute' : 'too short'}`
}

function show(text) {
  document
    .querySelector('ol')
    .append(Object.assign(document.createElement('li'), { textContent: text }))
}
