const axios = require('axios')
const { CircuitBreaker, ConfigError } = require('axios-breaker')
const { observeMetrics } = require('axios-breaker/opentelemetry')
const { collectMetrics } = require('axios-breaker/prometheus')
const prometheus = require('prom-client')

async function main() {
  const { monitor } = await import('./monitored.mjs')
  const app = { axios, CircuitBreaker, ConfigError, collectMetrics, observeMetrics, prometheus }
  process.stdout.write(await monitor(app))
}

void main()
