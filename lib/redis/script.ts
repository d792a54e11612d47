/**
 * The rules of a shared circuit, where they have to be: inside of Redis, so that each command is atomic
 * and by one clock. One key for each circuit, a hash; nothing of a process's configuration is kept.
 *
 * KEYS[1] is the circuit's hash, ARGV is what `argumentsOf` gives. Times are whole microseconds. Answers
 * `granted|snapshot|secret`, and publishes `signature|snapshot|process|name` after each transition and
 * each change of the permits, where a snapshot is `version|epoch|state|failures|openedFor|heldFor`.
 *
 * - `string.format`, as Lua prints no more than fourteen digits of a number.
 * - Nothing is rolled back when a command fails midway, so publishing comes last, by `pcall`: a
 *   connection that may not publish still shares what it reports.
 * - A stored moment is never trusted to lie in the past: Redis's clock may have been set back, or
 *   another server may have taken over. How long an outage has lasted the processes know too.
 */
export const SCRIPT = `
local op, name, channel, process, secret = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

-- Whatever somebody else has put there.
local function number(text)
  local value = tonumber(text or 0)
  return value and value >= 0 and value < 2 ^ 53 and value or 0
end

local known = {
  version = tonumber(ARGV[6]), epoch = tonumber(ARGV[7]), state = ARGV[8],
  failures = tonumber(ARGV[9]), openedFor = tonumber(ARGV[10])
}
local threshold, ttl, permits = tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])
local lease, quorum = tonumber(ARGV[14]), tonumber(ARGV[15])

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local changed, moved, told, granted = false, false, false, false

local stored = redis.call('HMGET', KEYS[1],
  'version', 'epoch', 'state', 'failures', 'opened', 'reporters', 'permits', 'secret')
local circuit = {
  version = number(stored[1]), epoch = number(stored[2]), state = stored[3],
  failures = number(stored[4]), opened = number(stored[5])
}
if circuit.state ~= 'opened' and circuit.state ~= 'half-opened' then circuit.state = 'closed' end
if circuit.opened > now then circuit.opened, changed = now, true end
local reporters, holders = {}, {}
for reporter in string.gmatch(stored[6] or '', '[^,]+') do reporters[#reporters + 1] = reporter end
for token, at, length in string.gmatch(stored[7] or '', '([^,]+),(%d+),(%d+);') do
  holders[#holders + 1] = { token = token, at = math.min(number(at), now), length = number(length) }
  changed = changed or number(at) > now
end
secret = stored[8] or secret

local function move(state)
  circuit.state, holders, reporters = state, {}, {}
  changed, moved, told = true, true, true
end

local function hold(token)
  holders[#holders + 1] = { token = token, at = now, length = lease }
  changed, told = true, true
end

local function holderOf(token)
  for index, holder in ipairs(holders) do if holder.token == token then return index end end
end

-- A transition that the caller knows of, and that was lost here.
if known.epoch > circuit.epoch and (stored[1] or known.state ~= 'closed') then
  move(known.state)
  moved = false
  circuit.epoch, circuit.failures, circuit.opened = known.epoch, known.failures, now - known.openedFor
  if known.state == 'half-opened' and (op == 'renew' or op == 'settle') then hold(ARGV[16]) end
end

-- The clock was set back, and the caller has measured by its own that the outage has lasted longer.
if known.epoch == circuit.epoch then circuit.opened = math.min(circuit.opened, now - known.openedFor) end

if op == 'report' and circuit.state == 'closed' and circuit.epoch <= known.epoch then
  local failures, streak, sawSuccess = tonumber(ARGV[16]), tonumber(ARGV[17]), ARGV[18] == '1'
  if sawSuccess then circuit.failures, reporters = 0, {} end
  circuit.failures = math.max(circuit.failures + failures, streak)
  local isNew = true
  for _, reporter in ipairs(reporters) do isNew = isNew and reporter ~= process end
  if isNew and #reporters < quorum then reporters[#reporters + 1] = process end
  changed, granted = true, true
  if circuit.failures >= threshold and #reporters >= quorum then
    move('opened')
    circuit.opened = now
  end
elseif op == 'acquire' then
  if circuit.state == 'closed' then
    granted = true
  elseif circuit.state == 'half-opened' or now >= circuit.opened + ttl then
    local held = {}
    for _, holder in ipairs(holders) do
      if now <= holder.at + holder.length then held[#held + 1] = holder end
    end
    holders = held
    if #holders < permits then
      if circuit.state == 'opened' then move('half-opened') end
      hold(ARGV[16])
      granted = true
    end
  end
elseif op == 'rewrite' then
  changed = true
elseif op == 'renew' then
  local index = holderOf(ARGV[16])
  if index then
    holders[index].at, holders[index].length = now, lease
    changed, granted = true, true
  end
elseif op == 'settle' then
  local index = holderOf(ARGV[16])
  if index then
    granted = true
    if ARGV[17] == 'success' then
      move('closed')
      circuit.failures = 0
    elseif ARGV[17] == 'failure' then
      move('opened')
      circuit.opened = now
    else
      table.remove(holders, index)
      changed, told = true, true
    end
  end
end

if changed then
  circuit.version = math.max(circuit.version + 1, known.version + 1, now)
  if moved then circuit.epoch = circuit.version end
  local list = {}
  for _, holder in ipairs(holders) do
    list[#list + 1] = string.format('%s,%.0f,%.0f;', holder.token, holder.at, holder.length)
  end
  redis.call('HSET', KEYS[1],
    'version', string.format('%.0f', circuit.version), 'epoch', string.format('%.0f', circuit.epoch),
    'state', circuit.state, 'failures', circuit.failures, 'opened', string.format('%.0f', circuit.opened),
    'reporters', table.concat(reporters, ','), 'permits', table.concat(list), 'secret', secret)
  local life = 60000
  if circuit.state ~= 'closed' then life = life + 2 * (ttl + lease) / 1000 end
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life))
end

local openedFor, heldFor = 0, 0
if circuit.state ~= 'closed' then openedFor = now - circuit.opened end
if #holders >= permits then
  heldFor = math.huge
  for _, holder in ipairs(holders) do heldFor = math.min(heldFor, holder.at + holder.length - now) end
  heldFor = math.max(heldFor, 0)
end
local snapshot = string.format('%.0f|%.0f|%s|%.0f|%.0f|%.0f',
  circuit.version, circuit.epoch, circuit.state, circuit.failures, openedFor, heldFor)
if told then
  local message = snapshot .. '|' .. process .. '|' .. name
  redis.pcall('PUBLISH', channel, redis.sha1hex(secret .. '|' .. message) .. '|' .. message)
end
return (granted and '1' or '0') .. '|' .. snapshot .. '|' .. ((stored[1] or changed) and secret or '')
`
