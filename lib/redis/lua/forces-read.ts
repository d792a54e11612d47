/** What is asked of the list of forced circuits, and what its key holds, which is bounded first. */
import { FORCES_FORMAT } from '../formats.js'
import { FAR_FUTURE, MOST_FORCES, MOST_LIFTED } from '../../storage/limits.js'

const MICROSECONDS = 1e6
/** Bytes of the whole list. */
export const LONGEST_LIST = 1_048_576
/** Bytes of a name or of a reason: 200 characters have no more. */
const LONGEST_TEXT = 800
/** Entries that are read. The script itself writes fewer. */
const MOST_ENTRIES = 2 * (MOST_FORCES + MOST_LIFTED)

export const READ = `
local given = cjson.decode(ARGV[1])
local op = given.op
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local latest = now + ${FAR_FUTURE * MICROSECONDS}
local changed, granted = false, true

local function number(value)
  value = tonumber(value)
  return value and value >= 0 and value < 2 ^ 53 and math.floor(value) or 0
end

local function text(value)
  return type(value) == 'string' and #value <= ${LONGEST_TEXT} and value or ''
end

-- Undefined if this is no list at all. Entries that make no sense are left out.
local function listIn(written)
  if not written or #written > ${LONGEST_LIST} then return nil end
  local isJson, entries = pcall(cjson.decode, written)
  if not isJson or type(entries) ~= 'table' then return nil end
  local list, seen = {}, {}
  for _, entry in ipairs(entries) do
    local circuit = type(entry) == 'table' and entry.circuit
    if type(circuit) == 'string' and circuit ~= '' and not seen[circuit] and #list < ${MOST_ENTRIES} then
      local state, lasts = entry.state, entry.lasts
      seen[circuit] = true
      list[#list + 1] = {
        circuit = circuit, version = number(entry.version), at = number(entry.at),
        state = (state == 'opened' or state == 'closed') and state or '',
        lasts = lasts ~= nil and number(lasts) or nil, by = text(entry.by), reason = text(entry.reason)
      }
    end
  end
  return list
end

local function newest(of)
  local version = math.max(of.version, of.floor)
  for _, entry in ipairs(of.list) do version = math.max(version, entry.version) end
  return version
end

local function stands(entry)
  return entry.state ~= '' and (not entry.lasts or entry.at + entry.lasts > now)
end

local fields = redis.call('HMGET', KEYS[1], 'forces', 'forcesVersion', 'forcesFloor', 'forcesFormat')
local exists = fields[1] or fields[2] or fields[3] or fields[4]

-- A later release keeps the list in a way that this one would misread, and must leave alone.
local format = number(fields[4])
if format > ${FORCES_FORMAT} and math.abs(now - number(fields[2])) <= ${FAR_FUTURE * MICROSECONDS} then
  return string.format('{"format":%.0f}', format)
end

local stored = { list = listIn(fields[1]), version = number(fields[2]), floor = number(fields[3]) }
if not stored.list then stored = { list = {}, version = 0, floor = 0 } end
local most = newest(stored) > latest and now or math.huge
changed = most == now
stored.version, stored.floor = math.min(stored.version, most), math.min(stored.floor, most)
for _, entry in ipairs(stored.list) do
  changed = changed or entry.at > now
  entry.version, entry.at = math.min(entry.version, most), math.min(entry.at, now)
end

local known = { list = listIn(ARGV[2]) or {}, version = given.version, floor = given.floor }
if newest(known) > latest then known = { list = {}, version = 0, floor = 0 } end

-- The sender has gone on without this command. Time has passed since, so the ends that it knew are out of date.
local isLate = given.expires > 0 and now > given.expires
local timely = {}
for _, entry in ipairs(known.list) do
  entry.at = now
  if not isLate or entry.state == '' or not entry.lasts then timely[#timely + 1] = entry end
end
known.list = timely
-- Without these entries, the floor would mean that their forces were lifted.
if isLate then known.floor = 0 end
`
