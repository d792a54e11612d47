/** Reads and writes the field of the key that holds the rate of the whole fleet. */
import { MOST_APART } from '../../storage/limits.js'

/** The number of values in the longest entry. */
const MOST_VALUES = 9

export const POOL = `
local function real(text)
  local value = tonumber(text or 0)
  return value and value >= 0 and value < 2 ^ 53 and value or 0
end

-- The entries: s for suspicion, c for the census, p for the poll, and w for each of the worst reporters.
local function readPool(written)
  local read = { since = 0, before = 0, latest = 0 }
  local latest, epoch = 0, nil
  for entry in string.gmatch(written, '[^;]+') do
    local kind, list = string.sub(entry, 1, 2), {}
    for value in string.gmatch(string.sub(entry, 3), '[^,]+') do
      list[#list + 1] = value
      if #list == ${MOST_VALUES} then break end
    end
    if kind == 's,' then
      epoch = number(list[1])
      read.since, read.before, read.latest = number(list[2]), number(list[3]), number(list[4])
      latest = math.max(latest, read.since)
    elseif kind == 'c,' then
      read.census = { at = number(list[1]), requests = real(list[2]), processes = real(list[3]) }
      latest = math.max(latest, read.census.at)
    elseif kind == 'p,' then
      local share = real(list[3])
      read.poll = {
        id = number(list[1]), at = number(list[2]), share = share > 0 and math.min(share, 1) or 1, answers = number(list[4]),
        requests = number(list[5]), failures = number(list[6]), opened = number(list[7]),
        reason = reasonIn(list[8]), retryAfter = number(list[9]), worst = {}
      }
      latest = math.max(latest, read.poll.at)
    elseif kind == 'w,' and list[1] and read.poll and #read.poll.worst < ${MOST_APART} then
      local worst = read.poll.worst
      worst[#worst + 1] = { reporter = list[1], requests = number(list[2]), failures = number(list[3]) }
    end
  end
  -- A release without polls may have moved the circuit, or the clock may have been set back.
  return epoch == circuit.epoch and latest <= now and read or { since = 0, before = 0, latest = 0 }
end

local pool = readPool(text(stored[15]))

local function writePool()
  if pool.since == 0 and not pool.poll and not pool.census then return '' end
  local list = { string.format('s,%.0f,%.0f,%.0f,%.0f;', circuit.epoch, pool.since, pool.before, pool.latest) }
  local census, poll = pool.census, pool.poll
  if census then
    list[2] = string.format('c,%.0f,%.17g,%.17g;', census.at, census.requests, census.processes)
  end
  if poll then
    list[#list + 1] = string.format('p,%.0f,%.0f,%.17g,%.0f,%.0f,%.0f,%.0f,%s,%.0f;', poll.id, poll.at, poll.share,
      poll.answers, poll.requests, poll.failures, poll.opened, poll.reason, poll.retryAfter)
    for _, entry in ipairs(poll.worst) do
      list[#list + 1] = string.format('w,%s,%.0f,%.0f;', entry.reporter, entry.requests, entry.failures)
    end
  end
  return table.concat(list)
end

`
