/**
 * The rules of the list of forced circuits, as `decideForces` has them. The list has a key of its own: that
 * of the circuit with the empty name, which no circuit has. Its fields have names that no circuit's hash
 * has: release 0.1.0 may test the key with the script of the circuits.
 *
 * KEYS[1] is the list's hash, ARGV[1] what `forceArguments` gives. An entry has `circuit`,
 * `version`, `at` (when it was set), `state` (absent if lifted), `lasts` (absent without an end), `by` and
 * `reason`.
 */
import { FORCES_FORMAT, MESSAGE_FORMAT } from '../formats.js'
import { LIFTED_LIFE, MOST_FORCES, MOST_LIFTED } from '../../storage/limits.js'
import { LONGEST_LIST, READ } from './forces-read.js'

const MICROSECONDS = 1e6
/** Milliseconds for which a list lives that nobody reads. */
const LIFE = 7 * 86_400_000

const MERGE = `
local theirs, ours, list, standing = {}, {}, {}, 0
local function add(entry)
  list[#list + 1] = entry
  if stands(entry) then standing = standing + 1 end
end
for _, entry in ipairs(known.list) do theirs[entry.circuit] = entry end
for _, entry in ipairs(stored.list) do
  local their = theirs[entry.circuit]
  ours[entry.circuit] = true
  if their and their.version > entry.version then
    add(their)
    changed = true
  elseif their or entry.version > known.floor then
    add(entry)
  else
    changed = true
  end
end
for _, entry in ipairs(known.list) do
  local isLost = not ours[entry.circuit] and entry.version > stored.floor
  if isLost and (standing < ${MOST_FORCES} or not stands(entry)) then
    add(entry)
    changed = true
  end
end
if stored.version < known.version or stored.floor < known.floor then changed = true end
local floor = math.max(stored.floor, known.floor)
local version = math.max(newest(stored) + 1, newest(known) + 1, now)
`

const CARRY_OUT = `
-- If it is late, its caller has learned that it failed.
if op ~= 'read' and isLate then
  granted = false
elseif op ~= 'read' then
  local others, count = {}, 0
  for _, entry in ipairs(list) do
    if entry.circuit ~= given.circuit then
      others[#others + 1] = entry
      if stands(entry) then count = count + 1 end
    end
  end
  granted = op == 'unforce' or count < ${MOST_FORCES}
  if granted then
    list, changed = others, true
    list[#list + 1] = {
      circuit = given.circuit, version = version, at = now, state = given.state or '',
      lasts = given.lasts, by = given.by or '', reason = given.reason or ''
    }
  end
end

-- Forces that were lifted long ago are forgotten.
if changed then
  local over, left = {}, {}
  for _, entry in ipairs(list) do
    if not stands(entry) then over[#over + 1] = entry.version end
  end
  table.sort(over, function(one, other) return one > other end)
  for index, lifted in ipairs(over) do
    if index > ${MOST_LIFTED} or lifted <= now - ${LIFTED_LIFE * MICROSECONDS} then floor = math.max(floor, lifted) end
  end
  for _, entry in ipairs(list) do
    if stands(entry) or entry.version > floor then left[#left + 1] = entry end
  end
  list = left
else
  version = stored.version
end
`

const WRITE = `
-- cjson would round the numbers: it writes 14 digits, and a version has 16.
local function numberField(name, value)
  return value and string.format(',"%s":%.0f', name, value) or ''
end

local function textField(name, value)
  return value ~= '' and string.format(',"%s":', name) .. cjson.encode(value) or ''
end

local written, forces, lifted = {}, {}, {}
for _, entry in ipairs(list) do
  local named = '{"circuit":' .. cjson.encode(entry.circuit) .. numberField('version', entry.version)
  local force = textField('state', entry.state) .. textField('by', entry.by) .. textField('reason', entry.reason)
  local times = numberField('at', entry.at) .. numberField('lasts', entry.lasts)
  written[#written + 1] = named .. times .. force .. '}'
  if stands(entry) then
    local endsIn = entry.lasts and entry.at + entry.lasts - now
    forces[#forces + 1] = named .. numberField('endsIn', endsIn) .. force .. '}'
  else
    lifted[#lifted + 1] = named .. '}'
  end
end
written = '[' .. table.concat(written, ',') .. ']'
if changed and #written > ${LONGEST_LIST} then return '{"full":true}' end

if changed or given.needsWrites then
  redis.call('HSET', KEYS[1], 'forcesFormat', '${FORCES_FORMAT}', 'forcesVersion', string.format('%.0f', version),
    'forcesFloor', string.format('%.0f', floor), 'forces', written)
  redis.call('PEXPIRE', KEYS[1], ${LIFE})
elseif exists then
  -- A replica takes no writes, and is read all the same.
  redis.pcall('PEXPIRE', KEYS[1], ${LIFE})
end
if changed or given.isRoutine then
  -- To a release that knows no forces, this is about a circuit that it does not have.
  redis.pcall('PUBLISH', given.channel, '${MESSAGE_FORMAT}|' .. string.rep('0', 40) .. string.format(
    '|{"version":%.0f,"epoch":0,"state":"closed","failures":0,"openedFor":0,"heldFor":0,"reason":"/",'
    .. '"time":%.0f,"process":"","circuit":"","forces":%.0f}', version, now, version))
end
return string.format('{"version":%.0f,"floor":%.0f,"time":%.0f,"granted":%s,"late":%s,"forces":[', version, floor,
  now, tostring(granted), tostring(isLate)) .. table.concat(forces, ',') .. '],"lifted":['
  .. table.concat(lifted, ',') .. ']}'
`

export const FORCES_SCRIPT = [READ, MERGE, CARRY_OUT, WRITE].join('')
