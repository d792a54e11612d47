/** Reads the question and the key. Anybody may have written to the key, so each field is bounded first. */
import { HASH_FORMAT } from '../formats.js'
import {
  FAR_FUTURE,
  LONGEST_PERMIT,
  LONGEST_PROOF,
  MOST_PERMITS,
  MOST_REPORTED,
  PERMIT_OF_OTHERS,
} from '../../storage/limits.js'

const MICROSECONDS = 1e6
/** The longest field that is parsed, in bytes. The script itself writes shorter ones. */
const LONGEST_FIELD = 20_480
/** The script itself writes up to 16 digits. */
const LONGEST_NUMBER = 64

export const READ = `
local given = cjson.decode(ARGV[1])
local op, known, terms = given.op, given.known, given.terms

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
-- The command took longer than its sender waits for, and the sender has gone on without it.
local isLate = given.expires > 0 and now > given.expires
local changed, moved, isNews, granted = false, false, false, false
terms.permits = math.min(terms.permits, ${MOST_PERMITS})

local function whole(value) return string.format('%.0f', value) end

local function number(text)
  local value = tonumber(text and #text <= ${LONGEST_NUMBER} and text or 0)
  return value and value >= 0 and value < 2 ^ 53 and math.floor(value) or 0
end

local function text(value)
  return value and #value <= ${LONGEST_FIELD} and value or ''
end

-- A code and a status, each of which may be missing, and an s if the attempt was slow.
local function reasonIn(value)
  return value and #value <= 69 and string.match(value, '^[%w_.-]*/%d?%d?%d?s?$') or '/'
end

-- What opened the circuit; empty if nobody knows.
local function causeIn(value)
  return (value == 'streak' or value == 'rate' or value == 'probe') and value or ''
end

local function believable(version) return version <= now + ${FAR_FUTURE * MICROSECONDS} end

-- An onlooker has no part in the circuit, nor an idea of its ttl: it changes nothing.
local isOnlooker = given.process == ''

if isOnlooker or not believable(known.version) or not believable(known.epoch) then
  known = { version = 0, epoch = 0, state = 'closed', failures = 0, openedFor = 0, reason = '/' }
end

local stored = redis.call('HMGET', KEYS[1],
  'version', 'epoch', 'state', 'failures', 'opened', 'streaks', 'permits', 'secret', 'reason', 'format',
  'round', 'seed', 'retryAfter', 'closed', 'pool', 'probes', 'cause', 'restored')
local exists = false
for index = 1, 18 do exists = exists or stored[index] end
local circuit = {
  version = number(stored[1]), epoch = number(stored[2]), state = stored[3],
  failures = number(stored[4]), opened = number(stored[5]), reason = reasonIn(stored[9]),
  round = math.max(1, number(stored[11])), seed = number(stored[12]), retryAfter = number(stored[13]),
  closed = number(stored[14]), cause = causeIn(stored[17])
}

-- A later release has stored the circuit in a format that this release would misread, so this release leaves
-- the key alone. The key expires by itself. A made-up key may not expire, but its version becomes too old.
local format = number(stored[10])
local age = now - circuit.version
if format > ${HASH_FORMAT} and math.abs(age) <= ${FAR_FUTURE * MICROSECONDS} then
  return string.format('{"format":%.0f}', format)
end

if not believable(circuit.version) or not believable(circuit.epoch) then
  circuit.version, circuit.epoch, changed = 0, 0, true
end
if circuit.state ~= 'opened' and circuit.state ~= 'half-opened' then circuit.state = 'closed' end
-- A release without rounds has opened the circuit, so the stored round is that of an earlier opening.
if circuit.state == 'opened' and circuit.seed ~= circuit.epoch then
  circuit.round, circuit.seed, circuit.retryAfter, circuit.cause = 1, circuit.epoch, 0, ''
end
if circuit.opened > now then circuit.opened, changed = now, true end
if circuit.closed > now then circuit.closed, changed = now, true end

-- A process has restored this outage, and others may know of a newer epoch, which Redis has lost. So a transition of
-- this outage begins the next epoch, and not one of now.
local restored = number(stored[18])
local isRestored = restored > 0 and restored == circuit.epoch

-- In a pattern, %f[%D] stands for the end of the digits. It matters if something optional follows them: without
-- it, a long number before a wrong end would be divided in every possible way.

-- How many probes of this epoch have succeeded, how many have failed, and the longest Retry-After of those.
local probes = { 0, 0, 0 }
local counted, succeeded, failed, after = string.match(text(stored[16]), '^(%d+),(%d+),(%d+)%f[%D],?(%d*)$')
if number(counted) == circuit.epoch then probes = { number(succeeded), number(failed), number(after) } end

-- A streak counts for one ttl, and for a minute at most.
local life = math.min(terms.ttl, ${LONGEST_PROOF * MICROSECONDS})
local streaks = {}
for entry in string.gmatch(text(stored[6]), '[^;]+') do
  local reporter, process, streak, at, after = string.match(entry, '^([^,]+),([^,]+),(%d+),(%d+)%f[%D],?(%d*)$')
  at, after = math.min(number(at), now), number(after)
  if reporter and now - at <= life and process ~= given.process and #streaks < ${MOST_REPORTED} then
    streaks[#streaks + 1] = { reporter = reporter, process = process, streak = number(streak), at = at, after = after }
  elseif reporter and process == given.process then
    streaks.own = { reporter = reporter, process = process, streak = number(streak), at = at, after = after }
  end
end
if streaks.own and op ~= 'report' and now - streaks.own.at <= life then
  streaks[#streaks + 1] = streaks.own
end

local holders = {}
for entry in string.gmatch(text(stored[7]), '[^;]+') do
  -- An e stands for a probe that decides nothing any more, such as one of an earlier epoch.
  local token, at, length, earlier = string.match(entry, '^([^,]+),(%d+),(%d+)%f[%D],?(e?)$')
  if #holders == ${MOST_PERMITS} then break end
  if token then
    changed = changed or number(at) > now
    length = math.min(number(length), math.max(${LONGEST_PERMIT} * terms.lease, ${PERMIT_OF_OTHERS * MICROSECONDS}))
    holders[#holders + 1] = {
      token = token, at = math.min(number(at), now), length = length, isEarlier = earlier == 'e'
    }
  end
end
local secret = stored[8]
if not secret or #secret > 64 then secret = given.secret end

`
