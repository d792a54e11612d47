const axios = require('axios')
const { CircuitBreaker, ConfigError, OpenedStateError } = require('axios-breaker')

async function main() {
  const { AxiosError } = axios
  const { tell } = await import('./story.mjs')
  const story = await tell({ axios, AxiosError, CircuitBreaker, ConfigError, OpenedStateError })
  process.stdout.write(`${story}\n`)
}

void main()
