/** One run: its processes, its faults, and what it checks in the meantime. */
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RedisServer } from '../../scripts/redis-server.mjs'
import { TcpProxy } from '../../scripts/tcp-proxy.mjs'
import { clock } from '../support/machine-clock.mjs'
import { watchStalls } from './stalls.mjs'
import { bringAbout } from './faults.mjs'
import { clientOf, readState } from './hash.mjs'
import { drawPlan } from './plan.mjs'
import { randomFrom } from './random.mjs'
import { ChaosUpstream } from './upstream.mjs'
import { Slot } from './worker.mjs'

/**
 * @import { Scene } from './faults.mjs'
 * @import { DriverRecord, Log, Part } from './types.js'
 *
 * @typedef {{ seed: number, seconds: number, quorum: number, processes: number }} Settings
 */

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
  /** @type {RedisServer | undefined} */
  #redis
  /** @type {ChaosUpstream | undefined} */
  #upstream
  /** @type {Map<string, Slot>} */
  #slots = new Map()
  /** @type {ReturnType<typeof clientOf> | undefined} */
  #eyes
  #isOver = false
  /** @type {Set<Promise<void>>} */
  #running = new Set()

  /**
   * @param {Settings} settings
   * @param {string} folder
   */
  constructor(settings, folder) {
    this.#settings = settings
    this.#folder = folder
    this.#file = openSync(join(folder, 'driver.jsonl'), 'a')
  }

  /** @type {Log<DriverRecord>} */
  #log = (record) => {
    writeSync(this.#file, `${JSON.stringify({ t: clock(), ...record })}\n`)
    const text = textOf(record)
    if (text === undefined) return
    const at = (clock() - this.#startedAt).toFixed(2).padStart(7)
    console.log(`${at} s  ${text}`)
  }

  async play() {
    const { seed, seconds, quorum } = this.#settings
    const scene = await this.#open()
    const plan = drawPlan(randomFrom(seed), seconds, [...this.#slots.keys()])
    this.#startedAt = clock()
    this.#log({ k: 'start', quorum, ...RULES, lease: LEASE, timeout: TIMEOUT / 1000, exit: EXIT })
    for (const part of plan) await this.#playPart(scene, part)
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

  /** @returns {Promise<Scene>} */
  async #open() {
    watchStalls((stall) => this.#log({ k: 'stall', ...stall }))
    const redis = await RedisServer.start()
    this.#redis = redis
    const upstream = await ChaosUpstream.start(this.#log)
    this.#upstream = upstream
    upstream.noise = NOISE
    const settings = {
      origin: `http://127.0.0.1:${upstream.port}`,
      rules: RULES,
      sharing: { quorum: this.#settings.quorum, lease: LEASE },
      timeout: TIMEOUT,
    }
    for (let index = 1; index <= this.#settings.processes; index += 1) {
      const options = { isThick: index % 3 !== 0, settings, folder: this.#folder, log: this.#log }
      const proxy = await TcpProxy.start(redis.port)
      this.#slots.set(`w${index}`, new Slot(`w${index}`, proxy, options))
    }
    await Promise.all([...this.#slots.values()].map((slot) => slot.spawn()))
    void this.#watchHash(redis.port)
    return { redis, upstream, slots: this.#slots }
  }

  /** @param {number} seconds */
  #waitUntil = async (seconds) => {
    const left = this.#startedAt + seconds - clock()
    if (left > 0) await sleep(left * 1000)
  }

  /**
   * @param {Scene} scene
   * @param {Part} part
   */
  async #playPart(scene, { kind, from, to, faults }) {
    await this.#waitUntil(from)
    // If a fault takes longer to undo than planned, wait for that before the next part begins.
    await Promise.all(this.#running)
    this.#log({ k: 'part', kind })
    scene.upstream.noise = kind === 'quiet' ? 0 : NOISE
    if (kind === 'quiet') await this.#check()
    for (const fault of faults) {
      await this.#waitUntil(fault.at)
      const fate = bringAbout(scene, fault, this.#waitUntil, this.#log)
      /** @type {Promise<void>} */
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

  /**
   * What Redis has, read over a connection of the run itself, which no fault affects.
   *
   * @param {number} port
   */
  async #watchHash(port) {
    const eyes = clientOf(port)
    this.#eyes = eyes
    eyes.on('error', () => undefined)
    eyes.connect().catch(() => undefined)
    while (!this.#isOver) {
      const asked = clock()
      const state = await readState(eyes)
      const took = clock() - asked
      if (took * 1000 > SLOW) this.#log({ k: 'slow redis', from: asked, to: clock() })
      this.#log({ k: 'hash', state, asked })
      await sleep(LOOK, undefined, { ref: false })
    }
  }
}

/**
 * What the run prints of a record, if anything.
 *
 * @param {Parameters<Log<DriverRecord>>[0]} record
 */
function textOf(record) {
  if (record.k === 'fault') {
    const { kind, target, mode } = record
    return `${kind} ${target}${mode ? ` (${mode})` : ''}`
  }
  if (record.k === 'healed') return `  over: ${record.id}`
  if (record.k === 'part') return `--- ${record.kind}`
  return record.k === 'check' ? '--- look' : undefined
}
