/** The rate of the whole fleet: suspicious failures, polls and their answers, and the usual number of requests. */
import {
  CENSUS,
  LONGEST_PROOF,
  MOST_ANSWERS,
  MOST_APART,
  POLL,
  POLL_PATIENCE,
  POLL_USUAL,
  RECOUNT,
  SUSPICIOUS,
  USUAL,
} from '../../storage/limits.js'

const MICROSECONDS = 1e6
const micro = (seconds: number): number => seconds * MICROSECONDS

export const POLLS = `
local function pollAge() return pool.poll and now - pool.poll.at or math.huge end

-- For how long suspicious failures are added up.
local function periodOf(rate)
  return type(rate.window) == 'number' and rate.window or ${micro(LONGEST_PROOF)}
end

local function usual()
  local census = pool.census
  return census and now - census.at <= ${micro(CENSUS)} and census or nil
end

-- How many failures there are above the threshold.
local function excess(sums, threshold) return sums.failures - threshold * sums.requests end

-- The reporters with the most failures above the threshold, each once.
local function rank(worst, added, threshold)
  local entry = { reporter = added.reporter, requests = added.requests, failures = added.failures }
  for index, other in ipairs(worst) do
    if other.reporter == entry.reporter then
      entry.requests, entry.failures = entry.requests + other.requests, entry.failures + other.failures
      table.remove(worst, index)
      break
    end
  end
  if entry.failures == 0 then return end
  local at = #worst + 1
  for index, other in ipairs(worst) do
    if excess(other, threshold) < excess(entry, threshold) then
      at = index
      break
    end
  end
  table.insert(worst, at, entry)
  worst[${MOST_APART + 1}] = nil
end

local function answerPoll(window, threshold)
  local poll = pool.poll
  if not poll or window.poll ~= poll.id or pollAge() > ${micro(POLL)} then return end
  poll.requests, poll.failures = poll.requests + window.requests, poll.failures + window.failures
  if window.fresh == 0 then poll.answers = poll.answers + 1 end
  if window.openedFor then poll.opened = math.max(poll.opened, now - window.openedFor) end
  if reasonIn(given.reason) ~= '/' then poll.reason = given.reason end
  poll.retryAfter = math.max(given.retryAfter, poll.retryAfter)
  local added = { reporter = given.reporter, requests = window.requests, failures = window.failures }
  rank(poll.worst, added, threshold)
end

local function suspect(fresh, period)
  if fresh == 0 then return end
  local age = now - pool.since
  if age < period then
    pool.latest = pool.latest + fresh
  else
    pool.since, pool.before, pool.latest = now, age < 2 * period and pool.latest or 0, fresh
  end
end

-- Once all processes have had the time to answer a poll, the answers show how many requests are usual.
local function takeCensus()
  local poll, age = pool.poll, pollAge()
  if age < ${micro(POLL_PATIENCE)} or age > ${micro(POLL)} then return end
  pool.census = { at = now, requests = poll.requests / poll.share, processes = poll.answers / poll.share }
end

-- How many requests a poll has counted, unless it is time to count them again: there may be fewer by now.
local function counted(period)
  local census = usual()
  if not census then return 0 end
  local pause = math.max(period, ${micro(RECOUNT)} * math.min(census.processes, ${MOST_ANSWERS}))
  return now - census.at < pause and census.requests or 0
end

local function beginPoll(rate, period)
  local requests = ${SUSPICIOUS} * counted(period)
  if pollAge() <= ${micro(POLL)} then return end
  if pool.before + pool.latest < rate.threshold * math.max(rate.minimumRequests, requests) then return end
  local processes = pool.census and pool.census.processes or 0
  pool.poll = {
    id = 0, at = now, share = math.min(1, ${MOST_ANSWERS} / processes), answers = 0,
    requests = 0, failures = 0, opened = 0, reason = '/', retryAfter = 0, worst = {}
  }
  isNews = true
end

-- Whether the answers so far open the circuit, even without the worst reporters.
local function isPooledRate(rate)
  local poll, age = pool.poll, pollAge()
  if not poll then return false end
  local isUsual = poll.requests / poll.share >= ${USUAL} * (usual() and usual().requests or math.huge)
  if age > ${micro(POLL)} or age < (isUsual and ${micro(POLL_USUAL)} or ${micro(POLL_PATIENCE)}) then return false end
  local requests, failures = poll.requests, poll.failures
  for index = 1, math.min(terms.quorum - 1, #poll.worst) do
    local reporter = poll.worst[index]
    if excess(reporter, rate.threshold) > 0 then
      requests, failures = requests - reporter.requests, failures - reporter.failures
    end
  end
  return requests > 0 and requests / poll.share >= rate.minimumRequests
    and failures / requests >= rate.threshold
end

-- Takes the window of a process. Returns whether it opens the circuit, together with those of the others.
local function opensByRate(window, rate)
  if not window or not rate then return false end
  local period = periodOf(rate)
  answerPoll(window, rate.threshold)
  suspect(window.fresh, period)
  takeCensus()
  if window.fresh > 0 then beginPoll(rate, period) end
  return isPooledRate(rate)
end

`
