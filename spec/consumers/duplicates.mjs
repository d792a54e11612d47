/** Two installs of the package, in two formats each: four copies that must recognise each other's errors. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import axios from 'axios'
import * as esm from 'axios-breaker'
import * as esmAgain from 'axios-breaker-again'

const require = createRequire(import.meta.url)
const copies = {
  esm,
  esmAgain,
  cjs: require('axios-breaker'),
  cjsAgain: require('axios-breaker-again'),
}
const pairs = Object.entries(copies).flatMap((one) =>
  Object.entries(copies).map((other) => [one, other]),
)

for (const [[name, one], [otherName, other]] of pairs) {
  const between = `${name} and ${otherName}`
  if (one !== other) {
    assert.notEqual(one.OpenedStateError, other.OpenedStateError, `${between} are one copy`)
  }
  assert(refusalOf(await refusedBy(one)) instanceof other.OpenedStateError, between)
  assert(configErrorOf(one) instanceof other.ConfigError, between)
  assert(!(configErrorOf(one) instanceof other.OpenedStateError), between)
  assert(!(new axios.AxiosError('other') instanceof other.OpenedStateError), between)
}
process.stdout.write(`${pairs.length} pairs of copies know each other's errors\n`)

/** A refusal as a request meets it, not one made by hand. */
async function refusedBy({ CircuitBreaker }) {
  const instance = axios.create({ adapter: () => Promise.reject(new Error('down')) })
  new CircuitBreaker({ threshold: 1 }).attach(instance, 'users')
  await instance.get('/').catch(() => undefined)
  return instance.get('/').catch((error) => error)
}

function refusalOf(error) {
  assert.equal(error.code, 'ERR_CIRCUIT_OPENED')
  return error
}

function configErrorOf({ CircuitBreaker }) {
  try {
    return new CircuitBreaker({ threshold: 0 })
  } catch (error) {
    return error
  }
}
