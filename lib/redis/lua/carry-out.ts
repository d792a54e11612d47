/** The operations. */
import { LONGEST_PERMIT, MOST_PERMITS, MOST_REPORTED, POLL } from '../../storage/limits.js'

export const CARRY_OUT = `
-- The probe is in flight although its permit is over, or was never lent: it holds a place, and decides nothing.
local function place(length)
  local held = standing()
  if #held >= ${MOST_PERMITS} then return end
  -- If no permit was free anyway, the others need not learn of it: after an outage of Redis there may be many.
  isNews = isNews or #held < terms.permits
  holders, changed = held, true
  holders[#holders + 1] = { token = given.token, at = now, length = length, isEarlier = true }
end

local isRefusedAsLate = isLate and (op == 'report' or op == 'acquire')

if op == 'report' and circuit.state == 'closed' and circuit.epoch <= known.epoch and not isLate then
  local evidence = given.evidence
  if not evidence.failures then
    streaks[#streaks + 1] = streaks.own and now - streaks.own.at <= life and streaks.own or nil
  elseif evidence.failures > 0 and evidence.age <= life then
    streaks[#streaks + 1] = {
      reporter = given.reporter, process = given.process,
      streak = evidence.failures, at = now - evidence.age,
      after = evidence.failures >= terms.opening.threshold and given.retryAfter or 0
    }
    if #streaks > ${MOST_REPORTED} then evict() end
  end
  changed, granted = true, true
  if proof() >= terms.opening.threshold then
    given.retryAfter = longestRetryAfter()
    open('streak', now, sum(), reasonIn(given.reason))
  elseif opensByRate(evidence.window, terms.opening.failureRate) then
    local poll = pool.poll
    local isDuringPoll = now - poll.opened <= ${POLL * 1e6}
    local reason = reasonIn(given.reason)
    if reason == '/' then reason = poll.reason end
    given.retryAfter = poll.retryAfter
    open('rate', isDuringPoll and poll.opened or now, math.floor(poll.failures / poll.share + 0.5), reason)
  end
elseif op == 'report' and streaks.own and now - streaks.own.at <= life then
  streaks[#streaks + 1] = streaks.own
elseif op == 'acquire' and circuit.state == 'closed' then
  granted = true
elseif op == 'acquire' and not isLate then
  if circuit.state == 'half-opened' or now >= circuit.opened + dueAfter(circuit) then
    local held = standing()
    -- A client that repeats a command after a failover already has its permit.
    local own, index = holderOf(given.token, held)
    if own and own.isEarlier then table.remove(held, index) end
    if own and not own.isEarlier then
      granted = true
    elseif #held < terms.permits then
      holders = held
      if circuit.state == 'opened' then move('half-opened') end
      hold(terms.lease)
      granted = true
    end
  end
elseif op == 'write' then
  changed = true
elseif op == 'renew' then
  local holder = holderOf(given.token, holders)
  local length = math.min(given.lease, ${LONGEST_PERMIT} * terms.lease)
  if holder then
    holder.at = now
    holder.length = length
    changed, granted = true, true
  elseif circuit.state ~= 'closed' and not isLate then
    place(length)
  end
elseif op == 'settle' then
  local holder, index = holderOf(given.token, holders)
  local isCounted = holder and not holder.isEarlier
  if holder then
    changed = true
    if given.isInFlight then
      holder.isEarlier = true
    else
      table.remove(holders, index)
      isNews = true
    end
  end
  if isCounted then
    granted = true
    local needed, of = 1, 1
    if terms.probes then needed, of = terms.probes.needed, terms.probes.of end
    if given.outcome == 'success' then probes[1] = probes[1] + 1 end
    if given.outcome == 'failure' then
      probes[2], probes[3] = probes[2] + 1, math.max(probes[3], given.retryAfter)
    end
    if probes[1] >= needed then
      move('closed')
    elseif probes[2] > of - needed then
      local reason = reasonIn(given.reason)
      given.retryAfter = probes[3]
      open('probe', now, circuit.failures, reason ~= '/' and reason or circuit.reason)
    end
  end
end

`
