import axios, { AxiosError } from 'axios'
import { CircuitBreaker, ConfigError, OpenedStateError } from 'axios-breaker'
import { tell } from './story.mjs'

const story = await tell({ axios, AxiosError, CircuitBreaker, ConfigError, OpenedStateError })
process.stdout.write(`${story}\n`)
