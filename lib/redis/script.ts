/**
 * The rules of a shared circuit. They run inside Redis, so that each command is atomic and uses one clock. Each
 * circuit has one key, a hash, which contains no configuration of any process.
 *
 * KEYS[1] is the circuit's hash, ARGV[1] what `argumentsOf` gives. Times are whole microseconds. The
 * script answers with JSON, and publishes after each transition and each change of the permits.
 *
 * A process runs the script of its own release, so arguments and answers never meet those of another.
 * Releases share only the key and the messages: see `formats.ts`. The script keeps fields that a later release
 * added to the key.
 *
 * - Numbers go through `string.format`, since Lua itself prints no more than fourteen digits.
 * - Nothing is rolled back when a command fails midway, so publishing comes last, by `pcall`: a
 *   connection that may not publish still shares what it reports.
 * - A stored moment is never trusted to lie in the past: Redis's clock may have been set back, or
 *   another server may have taken over. The processes also know how long an outage has lasted.
 * - Somebody else may write anything to the key. Every field is bounded before it is parsed, no pattern
 *   can divide the same text in two ways, and every call that finds a key lets it expire.
 */
import { CARRY_OUT } from './lua/carry-out.js'
import { POLLS } from './lua/poll.js'
import { POOL } from './lua/pool.js'
import { READ } from './lua/read.js'
import { REMEMBER } from './lua/remember.js'
import { WRITE } from './lua/write.js'

export const SCRIPT = [READ, POOL, POLLS, REMEMBER, CARRY_OUT, WRITE].join('')
