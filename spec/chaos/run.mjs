/** One run: its processes, its faults, and what it checks in the meantime. */
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { clock } from '../support/machine-clock.mjs'
import { watchStalls } from './stalls.mjs'
import { bringAbout } from './faults.mjs'
import { drawPlan } from './plan.mjs'
import { randomFrom } from './random.mjs'
import { ChaosUpstream } from './upstream.mjs'
import { Slot } from './worker.mjs'

const RULES = { threshold: 5, ttl: 2 }
/** If a process that probes dies, the fleet waits for its lease. It is short here, to keep runs short. */
const LEASE = 2
const TIMEOUT = 800
const NOISE = 0.01
/** Seconds into a quiet part after which everything must work again. */
const CONVERGED = 10
/** Milliseconds between two readings of the hash, and after which Redis counts as stalled. */
const LOOK = 50
const SLOW = 80
/** Seconds within which a process must exit by itself. */
const EXIT = { closed: 2, left: 3 }

export class ChaosRun {
  #settings
  #folder
  #file
  #startedAt = clock()
  #redis
  #upstream
  #slots = new Map()
  #eyes
  #isOver = false
  #running = new Set()

  constructor(settings, folder) {
    this.#settings = settings
    this.#folder = folder
    this.#file = openSync(join(folder, 'driver.jsonl'), 'a')
  }

  #log = (record) => {
    writeSync(this.#file, `${JSON.stringify({ t: clock(), ...record })}\n`)
    if (['fault', 'healed', 'part', 'check'].includes(record.k)) this.#print(record)
  }

  async play() {
    const { seed, seconds, quorum } = this.#settings
    await this.#open()
    const plan = drawPlan(randomFrom(seed), seconds, [...this.#slots.keys()])
    this.#startedAt = clock()
    this.#log({ k: 'start', quorum, ...RULES, lease: LEASE, timeout: TIMEOUT / 1000, exit: EXIT })
    for (const part of plan) await this.#playPart(part)
    this.#log({ k: 'over' })
    await this.#endAll()
  }

  async stop() {
    this.#isOver = true
    for (const slot of this.#slots.values()) slot.stop()
    this.#upstream?.stop()
    this.#eyes?.destroy()
    await this.#redis?.stop()
  }

  async #open() {
    watchStalls((stall) => this.#log({ k: 'stall', ...stall }))
    this.#redis = await RedisServer.start()
    this.#upstream = await ChaosUpstream.start(this.#log)
    this.#upstream.noise = NOISE
    const settings = {
      origin: `http://127.0.0.1:${this.#upstream.port}`,
      rules: RULES,
      sharing: { quorum: this.#settings.quorum, lease: LEASE },
      timeout: TIMEOUT,
    }
    for (let index = 1; index <= this.#settings.processes; index += 1) {
      const options = { isThick: index % 3 !== 0, settings, folder: this.#folder, log: this.#log }
      this.#slots.set(`w${index}`, new Slot(`w${index}`, options))
    }
    await Promise.all([...this.#slots.values()].map((slot) => slot.open(this.#redis.port)))
    void this.#watchHash()
  }

  #waitUntil = async (seconds) => {
    const left = this.#startedAt + seconds - clock()
    if (left > 0) await sleep(left * 1000)
  }

  async #playPart({ kind, from, to, faults }) {
    await this.#waitUntil(from)
    // If a fault takes longer to undo than planned, wait for that before the next part begins.
    await Promise.all(this.#running)
    this.#log({ k: 'part', kind })
    this.#upstream.noise = kind === 'quiet' ? 0 : NOISE
    if (kind === 'quiet') await this.#check()
    for (const fault of faults) {
      await this.#waitUntil(fault.at)
      const scene = { redis: this.#redis, slots: this.#slots, upstream: this.#upstream }
      const fate = bringAbout(scene, fault, this.#waitUntil, this.#log)
      const running = fate.finally(() => this.#running.delete(running))
      this.#running.add(running)
    }
    await this.#waitUntil(to)
  }

  async #check() {
    await sleep(CONVERGED * 1000)
    this.#log({ k: 'check', names: [...this.#slots.values()].map(({ name }) => name) })
  }

  /** All processes but one call close(). That one just stops sending requests. */
  async #endAll() {
    const slots = [...this.#slots.values()]
    const wait = Math.max(EXIT.closed, EXIT.left) + 2
    await Promise.all(slots.map((slot, index) => slot.end(index > 0, wait)))
  }

  /** What Redis has, read over a connection of the run itself, which no fault affects. */
  async #watchHash() {
    const socket = { host: '127.0.0.1', port: this.#redis.port, reconnectStrategy: () => 20 }
    this.#eyes = createClient({ disableOfflineQueue: true, disableClientInfo: true, socket })
    this.#eyes.on('error', () => undefined)
    this.#eyes.connect().catch(() => undefined)
    while (!this.#isOver) {
      const asked = clock()
      const state = await this.#readState()
      const took = clock() - asked
      if (took * 1000 > SLOW) this.#log({ k: 'slow redis', from: asked, to: clock() })
      this.#log({ k: 'hash', state, asked })
      await sleep(LOOK, undefined, { ref: false })
    }
  }

  /** `closed` if there is no key; undefined if Redis does not answer. */
  async #readState() {
    try {
      const state = await this.#eyes.hGet('axios-breaker/upstream', 'state')
      return state ?? 'closed'
    } catch {
      return undefined
    }
  }

  #print({ k, id, kind, target, mode, t }) {
    const at = ((t ?? clock()) - this.#startedAt).toFixed(2).padStart(7)
    if (k === 'fault') console.log(`${at} s  ${kind} ${target}${mode ? ` (${mode})` : ''}`)
    else if (k === 'healed') console.log(`${at} s    over: ${id}`)
    else if (k === 'part') console.log(`${at} s  --- ${kind}`)
    else console.log(`${at} s  --- look`)
  }
}
