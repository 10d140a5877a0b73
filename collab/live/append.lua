-- Appends a batch of events to the stream of a partition: all of them, in order, or none.
--
-- KEYS  1 the stream, 2 its counter, 3 the tenant's mark (the seq of its last event), then an id key for each event,
--       then the value keys that guards and effects name. All carry the partition's hash tag.
-- ARGV  1 the tenant, 2 how many events, 3 the seq up to which the caller has the stream, 4 the most entries after it
--       to read (0 for none), 5 how many seconds event ids are remembered, 6 what holds for the events, 7 how many of
--       those who listen on the stream's channel are the caller's own ("" if nobody uses it), then each event's JSON.
--       What holds is JSON too (one argument, because each costs): for each event its guards {kind, key, operand} and
--       its effects {kind, key, value, seconds}. Keys are places in KEYS; so is the operand of "below".
-- Reply {1, seq, entries}                       appended; seq is the last event's
--       {2, seq, entries}                       an event's id was appended before, its append ended at seq
--       {3}                                     the stream is empty, and the caller had events of it
--       {0, event, guard, actual, entries}      that guard of that event (counted from 0) did not hold
--       entries are those after ARGV 3 that were there before this call.
local tenant, events, remembered = ARGV[1], tonumber(ARGV[2]), ARGV[5]
local first_value = 4 + events
local AT_ONCE = 1000 -- unpack() has a limit

-- What each key holds, as the effects so far have left it: nothing is written until every guard has held.
local held = {}
for first = 2, #KEYS, AT_ONCE do
  local last = math.min(first + AT_ONCE - 1, #KEYS)
  local found = redis.call("MGET", unpack(KEYS, first, last))
  for key = first, last do held[key] = found[key - first + 1] end
end
local before = tonumber(held[2] or 0)

-- What began at place 1 again would differ from the history for good, and values that are gone mean nothing.
if before == 0 and tonumber(ARGV[3]) > 0 then return {3} end

local function place(seq) return string.format("%.0f", seq) end

local function missed()
  if ARGV[4] == "0" or tonumber(ARGV[3]) >= before then return {} end
  return redis.call("XRANGE", KEYS[1], place(tonumber(ARGV[3]) + 1), "+", "COUNT", ARGV[4])
end

for key = 4, first_value - 1 do
  if held[key] then return {2, tonumber(held[key]), missed()} end
end

local function holds(kind, key, operand)
  if kind == "absent" then return not held[key] end
  if kind == "equals" then return held[key] == operand end
  if kind == "within" then return tonumber(held[key] or 0) <= operand end
  return tonumber(held[key] or 0) < tonumber(held[operand] or 0)
end

local changed, seconds = {}, {}
for event, rules in ipairs(cjson.decode(ARGV[6])) do
  for number, guard in ipairs(rules[1]) do
    if not holds(guard[1], guard[2], guard[3]) then
      return {0, event - 1, number - 1, held[guard[2]], missed()}
    end
  end
  for _, effect in ipairs(rules[2]) do
    local kind, key, value = effect[1], effect[2], effect[3]
    if kind == "put" then
      held[key] = value == "@seq" and place(before + event) or value
    elseif kind == "add" then
      held[key] = place(tonumber(held[key] or 0) + value)
    elseif kind == "remove" then
      held[key] = false
    end -- "expire" changes the seconds only
    changed[key], seconds[key] = true, effect[4]
  end
end

-- The entries first: should the server refuse to write, it refuses here and nothing is half done.
local entries = missed()
local last = place(before + events)
for event = 1, events do
  redis.call("XADD", KEYS[1], place(before + event) .. "-0", "t", tenant, "d", ARGV[7 + event])
end
local sets, gone = {KEYS[2], last, KEYS[3], last}, {}
for key = first_value, #KEYS do
  if changed[key] then
    if not held[key] then
      gone[#gone + 1] = KEYS[key]
    elseif seconds[key] > 0 then
      redis.call("SET", KEYS[key], held[key], "EX", place(seconds[key]))
    else
      sets[#sets + 1] = KEYS[key]
      sets[#sets + 1] = held[key]
    end
  end
end
for first = 1, #sets, AT_ONCE do redis.call("MSET", unpack(sets, first, math.min(first + AT_ONCE - 1, #sets))) end
for first = 1, #gone, AT_ONCE do redis.call("DEL", unpack(gone, first, math.min(first + AT_ONCE - 1, #gone))) end
for key = 4, first_value - 1 do redis.call("SET", KEYS[key], last, "EX", remembered) end
-- Others hear of it at once; a caller who is alone has it by the reply and need not be woken.
if ARGV[7] ~= "" then
  local channel = KEYS[1] .. ":news"
  if redis.call("PUBSUB", "NUMSUB", channel)[2] > tonumber(ARGV[7]) then
    for event = 1, events do
      redis.call("PUBLISH", channel, place(before + event) .. "\n" .. tenant .. "\n" .. ARGV[7 + event])
    end
  end
end
return {1, before + events, entries}
