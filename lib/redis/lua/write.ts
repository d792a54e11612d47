/** Stores the circuit, publishes the change, and answers. */
import { HASH_FORMAT, MESSAGE_FORMAT } from '../formats.js'
import { CENSUS, LONGEST_PROOF, POLL } from '../../storage/limits.js'

/** How many milliseconds the key of a closed circuit lives at least. No streak counts for longer. */
const CLOSED_LIFE = LONGEST_PROOF * 1000

export const WRITE = `
if circuit.state == 'closed' then circuit.failures, circuit.reason = sum(), '/' end

local expiry = ${CLOSED_LIFE}
if circuit.state ~= 'closed' then
  expiry = expiry + 2 * (lasts(circuit) + terms.lease) / 1000
else
  -- Keep the round, the usual number of requests, and suspicious failures for as long as they matter.
  if terms.growth then expiry = math.max(expiry, lasts(circuit) / 1000) end
  if pool.census then expiry = math.max(expiry, ${CENSUS * 1000}) end
  local rate = terms.opening.failureRate
  if rate and pool.latest > 0 then expiry = math.max(expiry, 2 * periodOf(rate) / 1000) end
end
if changed and not isOnlooker then
  circuit.version = math.max(circuit.version + 1, known.version + 1, now)
  if moved then
    circuit.epoch = isRestored and math.min(circuit.epoch + 1, circuit.version) or circuit.version
    isRestored = isRestored and circuit.state ~= 'closed'
    if circuit.state == 'opened' then circuit.seed = circuit.epoch end
  end
  if pool.poll and pool.poll.id == 0 then pool.poll.id = circuit.version end
  local permits, list = {}, {}
  for _, holder in ipairs(holders) do
    local earlier = holder.isEarlier and ',e' or ''
    permits[#permits + 1] = string.format('%s,%.0f,%.0f%s;', holder.token, holder.at, holder.length, earlier)
  end
  for _, entry in ipairs(streaks) do
    local after = entry.after > 0 and string.format(',%.0f', entry.after) or ''
    list[#list + 1] = string.format('%s,%s,%.0f,%.0f%s;', entry.reporter, entry.process, entry.streak, entry.at, after)
  end
  redis.call('HSET', KEYS[1],
    'format', '${HASH_FORMAT}', 'version', whole(circuit.version), 'epoch', whole(circuit.epoch), 'state', circuit.state,
    'failures', whole(circuit.failures), 'opened', whole(circuit.opened),
    'streaks', table.concat(list), 'permits', table.concat(permits), 'secret', secret, 'reason', circuit.reason,
    'round', whole(circuit.round), 'seed', whole(circuit.seed), 'retryAfter', whole(circuit.retryAfter),
    'closed', whole(circuit.closed), 'restored', isRestored and whole(circuit.epoch) or '0', 'cause', circuit.cause, 'pool', writePool(),
    'probes', string.format('%.0f,%.0f,%.0f,%.0f', circuit.epoch, probes[1], probes[2], probes[3]))
  redis.call('PEXPIRE', KEYS[1], whole(expiry))
elseif exists and not isOnlooker then
  -- A replica refuses writes, but can be read.
  redis.pcall('PEXPIRE', KEYS[1], whole(expiry))
end

local openedFor, heldFor = 0, 0
if circuit.state ~= 'closed' then openedFor = now - circuit.opened end
-- More may be held than this process allows: then several have to end first.
local ends = {}
for _, holder in ipairs(standing()) do ends[#ends + 1] = holder.at + holder.length end
table.sort(ends, function(one, other) return one > other end)
if ends[terms.permits] then heldFor = ends[terms.permits] - now end
local snapshot = string.format('"version":%.0f,"epoch":%.0f,"state":"%s","failures":%.0f,'
  .. '"openedFor":%.0f,"heldFor":%.0f,"reason":"%s","time":%.0f',
  circuit.version, circuit.epoch, circuit.state, circuit.failures, openedFor, heldFor, circuit.reason, now)
if circuit.state ~= 'closed' then
  snapshot = snapshot .. string.format(',"round":%.0f,"retryAfter":%.0f,"cause":"%s"',
    circuit.round, circuit.retryAfter, circuit.cause)
end
if pollAge() <= ${POLL * 1e6} then
  snapshot = snapshot .. string.format(',"poll":%.0f,"share":%.17g', pool.poll.id, pool.poll.share)
end
if isNews and not isOnlooker then
  local message = '{' .. snapshot .. ',"process":' .. cjson.encode(given.process)
    .. ',"circuit":' .. cjson.encode(given.circuit) .. '}'
  local signature = redis.sha1hex(secret .. '|' .. message)
  local published = redis.pcall('PUBLISH', given.channel, '${MESSAGE_FORMAT}|' .. signature .. '|' .. message)
  -- If the poll cannot be published, this process alone would answer it.
  if type(published) == 'table' and changed and pool.poll then redis.call('HSET', KEYS[1], 'pool', '') end
end
return '{' .. snapshot .. ',"granted":' .. tostring(granted) .. ',"late":' .. tostring(isRefusedAsLate)
  .. ',"secret":' .. cjson.encode((exists or changed and not isOnlooker) and secret or '') .. '}'
`
