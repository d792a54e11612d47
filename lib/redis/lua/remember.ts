/** Moves a circuit, and restores what Redis has lost and the caller knows. */
import { MODULUS, MULTIPLIER } from '../../circuit/ttl.js'

export const REMEMBER = `
local function sum()
  local total = 0
  for _, entry in ipairs(streaks) do total = total + entry.streak end
  return math.min(total, ${Number.MAX_SAFE_INTEGER})
end

local function move(state)
  if state == 'closed' then circuit.closed, holders = now, {} end
  for _, holder in ipairs(holders) do holder.isEarlier = true end
  circuit.state, streaks, probes = state, {}, { 0, 0, 0 }
  pool = { since = 0, before = 0, latest = 0 }
  changed, moved, isNews = true, true, true
end

-- How long an opening lasts for the process that asks. The seed decides the jitter.
local function lasts(opening)
  local ttl, growth = terms.ttl, terms.growth
  if growth then
    local once = math.fmod(math.fmod(opening.seed, ${MODULUS}) * ${MULTIPLIER}, ${MODULUS})
    local fraction = math.fmod(once * ${MULTIPLIER}, ${MODULUS}) / ${MODULUS}
    ttl = math.min(growth.max, ttl * growth.factor ^ (opening.round - 1)) * (1 + growth.jitter * fraction)
  end
  return math.max(ttl, math.min(opening.retryAfter, terms.maxRetryAfter or 0))
end

-- A permit is never free at once, however short the ttl is.
local function dueAfter(opening)
  local span = lasts(opening)
  return math.max(span / 2, span - (terms.grace or 0))
end

local function open(cause, opened, failures, reason)
  if circuit.state == 'half-opened' then
    circuit.round = circuit.round + 1
  elseif opened - circuit.closed >= lasts(circuit) then
    circuit.round = 1
  end
  circuit.opened, circuit.failures, circuit.reason = opened, failures, reason
  circuit.cause, circuit.retryAfter = cause, given.retryAfter or 0
  move('opened')
end

local function hold(length)
  holders[#holders + 1] = { token = given.token, at = now, length = length }
  changed, isNews = true, true
end

local function standing()
  local held = {}
  for _, holder in ipairs(holders) do
    if now <= holder.at + holder.length then held[#held + 1] = holder end
  end
  return held
end

local function holderOf(token, among)
  for index, holder in ipairs(among) do if holder.token == token then return holder, index end end
end

-- The failures that remain without the worst reporters, who are one fewer than the quorum.
local function proof()
  local sums, list, total = {}, {}, 0
  for _, entry in ipairs(streaks) do
    sums[entry.reporter] = (sums[entry.reporter] or 0) + entry.streak
  end
  for _, value in pairs(sums) do list[#list + 1] = value end
  table.sort(list, function(one, other) return one > other end)
  for index = terms.quorum, #list do total = total + list[index] end
  return total
end

-- The longest Retry-After, of this report and of those whose processes have opened their own circuits.
local function longestRetryAfter()
  local longest = given.retryAfter
  for _, entry in ipairs(streaks) do longest = math.max(longest, entry.after) end
  return longest
end

-- Drops the oldest entry of the reporters that have the most.
local function evict()
  local counts, most, oldest = {}, 0, nil
  for _, entry in ipairs(streaks) do
    counts[entry.reporter] = (counts[entry.reporter] or 0) + 1
    most = math.max(most, counts[entry.reporter])
  end
  for index, entry in ipairs(streaks) do
    local isWorst = counts[entry.reporter] == most
    if isWorst and (not oldest or entry.at < streaks[oldest].at) then oldest = index end
  end
  table.remove(streaks, oldest)
end

-- The evidence stays, since nobody knows of a later transition.
local function raiseEpoch()
  if exists or op == 'report' then
    circuit.epoch, isRestored, changed, isNews = known.epoch, false, true, true
  end
end

-- Restores an outage that Redis has lost and the caller knows, unless it is long over. If nothing is known of the
-- circuit, the fleet may have been idle: one probe shows it, and not one of each process.
local function rememberOutage()
  local isHolder = op == 'renew' or op == 'settle'
  local isFirst = op == 'acquire' and not exists and not isLate
  local opening = { round = known.round or 1, seed = known.epoch, retryAfter = known.retryAfter or 0 }
  if not isHolder and not isFirst and known.openedFor > dueAfter(opening) + terms.lease then
    if circuit.state == 'closed' then raiseEpoch() end
    return
  end
  move(known.state)
  moved, isRestored = false, true
  circuit.epoch, circuit.failures, circuit.opened = known.epoch, known.failures, now - known.openedFor
  circuit.reason, circuit.cause = reasonIn(known.reason), causeIn(known.cause)
  circuit.round, circuit.seed, circuit.retryAfter = opening.round, opening.seed, opening.retryAfter
  if known.state == 'half-opened' and isHolder then
    local _, index = holderOf(given.token, holders)
    if index then table.remove(holders, index) end
    hold(terms.lease)
  end
end

-- An epoch of the future is older than a clock that was set back, so it does not show what came first.
local function rememberClosed()
  if circuit.state ~= 'closed' and known.epoch <= now then
    move('closed')
    moved, isRestored = false, false
    circuit.epoch = known.epoch
  else
    raiseEpoch()
  end
end

-- The clock was set back: the caller has measured with its own clock that the outage has lasted longer.
if known.epoch == circuit.epoch then circuit.opened = math.min(circuit.opened, now - known.openedFor) end
if known.epoch > circuit.epoch then
  if known.state == 'closed' then rememberClosed() else rememberOutage() end
end

`
