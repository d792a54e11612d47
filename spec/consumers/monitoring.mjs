/** The metrics as a consumer gets them, with the optional packages that they are made with. */
import axios from 'axios'
import { CircuitBreaker, ConfigError } from 'axios-breaker'
import { observeMetrics } from 'axios-breaker/opentelemetry'
import { collectMetrics } from 'axios-breaker/prometheus'
import * as prometheus from 'prom-client'
import { monitor } from './monitored.mjs'

const app = { axios, CircuitBreaker, ConfigError, collectMetrics, observeMetrics, prometheus }
process.stdout.write(await monitor(app))
