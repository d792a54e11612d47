/**
 * When who was in trouble, so that nothing can be promised. A judge that knows too few troubles cries wolf,
 * one that knows too many sleeps: each tail below has its reason.
 */

/**
 * Seconds that a connection of ours takes to come back after its fault: attempts wait for 2 s at the most
 * (own-client.ts), and the link asks again within 2 s more (link.ts).
 */
const RECONNECT = 4.5
/** A connection that is dead in silence is found out by commands that nobody answers, and after that replaced. */
const REPLACE = 6
/** A connection for messages that is deaf is found out within 30 s (issue "Link" 5). */
const DEAF = 31
/** Circuits are read anew, and messages mistrusted, for a second after a process did not run (fleet.ts). */
const AWAKE = 1
/** What a fault of Redis that keeps connections leaves behind: at most a retry of the link, 2 s. */
const RETRY = 2.5

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
  #ofSlot = new Map()
  #ofProcess = new Map()
  #deaf = new Map()

  /** @param {any} journal */
  constructor({ faults, processes, stalls, slowRedis }) {
    const grown = (spans, tail) => spans.map(({ from, to }) => ({ from, to: to + tail }))
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

  redis(from, to) {
    return touches(this.#ofRedis, from, to)
  }

  /** Of this process alone: its way to Redis, and its own time. */
  own({ name, slot }, from, to) {
    return touches(this.#ofProcess.get(name), from, to) || touches(this.#ofSlot.get(slot), from, to)
  }

  of(process, from, to) {
    return this.redis(from, to) || this.own(process, from, to)
  }

  anybody(from, to) {
    if (this.redis(from, to)) return true
    for (const spans of this.#ofProcess.values()) if (touches(spans, from, to)) return true
    for (const spans of this.#ofSlot.values()) if (touches(spans, from, to)) return true
    return false
  }

  /** It may not hear what the others do, and not know it. */
  mayBeDeaf({ slot }, from, to) {
    return touches(this.#deaf.get(slot), from, to)
  }
}

function tailed(faults, tails) {
  return faults
    .filter(({ kind }) => kind in tails)
    .map(({ kind, from, to }) => ({ from, to: to + tails[kind] }))
}

function isSilent(kind, mode) {
  return kind === 'net-silence' || (kind === 'cut-off' && mode === 'hang')
}

const byStart = (a, b) => a.from - b.from

function touches(spans, from, to) {
  return spans.some((span) => span.from <= to && from <= span.to)
}
