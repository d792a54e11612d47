/**
 * Which process was affected by a fault, and when: no promise holds then. With too few of these spans, the judge
 * reports false violations; with too many, it misses real ones. So each delay below has its reason.
 */

/** @import { Fault, Journal, Process, Span } from './types.js' */

/**
 * Seconds until our own connection is back after a fault: attempts wait for at most 2 s
 * (`lib/redis/own-connection.ts`), and the link asks again within 2 s more (`lib/fleet/loss.ts`).
 */
const RECONNECT = 4.5
/** Unanswered commands show that a connection has died silently. It is then replaced. */
const REPLACE = 6
/** A dead connection for messages is detected within 30 s. */
const DEAF = 31
/** For a second after a gap, a process reads circuits again and distrusts messages (`lib/fleet/circuits.ts`). */
const AWAKE = 1
/** After a fault of Redis that keeps connections, the link retries within 2 s. */
const RETRY = 2.5

/** @type {Readonly<Record<string, number>>} */
const OF_REDIS = {
  'redis-stop': RECONNECT,
  'redis-restart': RECONNECT,
  'redis-flush': 1,
  'redis-script-flush': 1,
  'redis-kill-clients': RECONNECT,
  'redis-kill-subscribers': RECONNECT,
  'redis-read-only': RECONNECT,
  'redis-full': RETRY,
}
/** @type {Readonly<Record<string, number>>} */
const OF_SLOT = {
  'net-cut': RECONNECT,
  'net-refuse': RECONNECT,
  'net-silence': REPLACE,
  'net-delay': RETRY,
  'net-hold': REPLACE,
  'process-stop': AWAKE,
  'process-busy': AWAKE,
  'process-kill': AWAKE,
  'cut-off': REPLACE,
}

export class Troubles {
  #ofRedis
  /** @type {Map<string, readonly Span[]>} */
  #ofSlot = new Map()
  /** @type {Map<string, readonly Span[]>} */
  #ofProcess = new Map()
  /** @type {Map<string, readonly Span[]>} */
  #deaf = new Map()

  /** @param {Journal} journal */
  constructor({ faults, processes, stalls, slowRedis }) {
    const common = [...grown(stalls, AWAKE), ...grown(slowRedis, AWAKE)]
    this.#ofRedis = [...common, ...tailed(faults, OF_REDIS)].toSorted(byStart)
    for (const { name, slot, losses, stalls: own, requests } of processes) {
      const mine = faults.filter(({ target }) => target === slot)
      this.#ofSlot.set(slot, tailed(mine, OF_SLOT))
      const down = requests.filter(({ up, upWhenSent }) => up === false || upWhenSent === false)
      const alone = down.map(({ start }) => ({ from: start, to: start }))
      const spans = [...grown(own, AWAKE), ...grown(losses, AWAKE), ...grown(alone, AWAKE)]
      this.#ofProcess.set(name, spans.toSorted(byStart))
      const silent = mine.filter(({ kind, mode }) => isSilent(kind, mode))
      this.#deaf.set(slot, grown(silent, DEAF))
    }
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  redis(from, to) {
    return touches(this.#ofRedis, from, to)
  }

  /**
   * Faults of this process alone: of its connection to Redis, and times in which it did not run.
   *
   * @param {Process} process
   * @param {number} from
   * @param {number} to
   */
  own({ name, slot }, from, to) {
    return touches(this.#ofProcess.get(name), from, to) || touches(this.#ofSlot.get(slot), from, to)
  }

  /**
   * @param {Process} process
   * @param {number} from
   * @param {number} to
   */
  of(process, from, to) {
    return this.redis(from, to) || this.own(process, from, to)
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  anybody(from, to) {
    if (this.redis(from, to)) return true
    for (const spans of this.#ofProcess.values()) if (touches(spans, from, to)) return true
    for (const spans of this.#ofSlot.values()) if (touches(spans, from, to)) return true
    return false
  }

  /**
   * The process may miss messages without knowing it.
   *
   * @param {Process} process
   * @param {number} from
   * @param {number} to
   */
  mayBeDeaf({ slot }, from, to) {
    return touches(this.#deaf.get(slot), from, to)
  }
}

/**
 * @param {readonly Span[]} spans
 * @param {number} tail
 */
function grown(spans, tail) {
  return spans.map(({ from, to }) => ({ from, to: to + tail }))
}

/**
 * @param {readonly (Fault & Span)[]} faults
 * @param {Readonly<Record<string, number>>} tails
 */
function tailed(faults, tails) {
  return faults.flatMap((fault) => {
    const tail = tails[fault.kind]
    return tail === undefined ? [] : grown([fault], tail)
  })
}

/**
 * @param {Fault['kind']} kind
 * @param {Fault['mode']} mode
 */
function isSilent(kind, mode) {
  return kind === 'net-silence' || (kind === 'cut-off' && mode === 'hang')
}

/**
 * @param {Span} a
 * @param {Span} b
 */
const byStart = (a, b) => a.from - b.from

/**
 * @param {readonly Span[] | undefined} spans
 * @param {number} from
 * @param {number} to
 */
function touches(spans, from, to) {
  return spans?.some((span) => span.from <= to && from <= span.to) ?? false
}
