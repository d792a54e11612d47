const axios = require('axios')
const breakers = require('axios-breaker')
const { RedisStorage } = require('axios-breaker/redis')
const { defineStorage } = require('axios-breaker/storage')
const { MemoryStorage } = require('axios-breaker/testing')

async function main() {
  const { tell } = await import('./story.mjs')
  const app = { axios, AxiosError: axios.AxiosError, ...breakers }
  const story = await tell({ ...app, MemoryStorage, RedisStorage, defineStorage })
  process.stdout.write(`${story}\n`)
}

void main()
