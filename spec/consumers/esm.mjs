import axios, { AxiosError } from 'axios'
import * as breakers from 'axios-breaker'
import { RedisStorage } from 'axios-breaker/redis'
import { defineStorage } from 'axios-breaker/storage'
import { MemoryStorage } from 'axios-breaker/testing'
import { tell } from './story.mjs'

const app = { axios, AxiosError, ...breakers }
const story = await tell({ ...app, MemoryStorage, RedisStorage, defineStorage })
process.stdout.write(`${story}\n`)
