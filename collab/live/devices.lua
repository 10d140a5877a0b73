-- Renews devices of a tenant's agents, forgets those that were not renewed in time, and tells which are left.
--
-- Each gateway has a record of its own of a device, so that what was said at one of them ends with it there.
--
-- KEYS  1 the tenant's devices: a hash from "agent device gateway" to "ms idle call", the server's time at which the
--         record is forgotten, and "1" if the device is idle or in a call, else "0".
-- ARGV  1 for how many milliseconds a device is renewed, 2 by which gateway, then for each a name, its idle and its
--         call: "1", "0", "!" for "0" that is newly said, and so is over at all gateways, or "-" for as it was: here or,
--         if it was not here, where it was renewed last, and "0" if it was nowhere.
-- Reply the server's time in milliseconds, then the names of all records that are left, each followed by its idle and
--       its call.
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ends = now + tonumber(ARGV[1])

local names, held, of, all = {}, {}, {}, redis.call("HGETALL", KEYS[1])

local function keep(name, record)
  local device = string.match(name, "^%S+ %S+") or name
  if not held[name] then
    names[#names + 1] = name
    of[device] = of[device] or {}
    table.insert(of[device], name)
  end
  held[name] = record
end

local function put(name)
  local record = held[name]
  redis.call("HSET", KEYS[1], name, string.format("%.0f", record[1]) .. " " .. record[2] .. " " .. record[3])
end

for place = 1, #all, 2 do
  local until_ms, idle, call = string.match(all[place + 1], "^(%d+) (%d) (%d)$")
  if not until_ms or tonumber(until_ms) < now then
    redis.call("HDEL", KEYS[1], all[place])
  else
    keep(all[place], {tonumber(until_ms), idle, call})
  end
end

for place = 3, #ARGV, 3 do
  local device, name = ARGV[place], ARGV[place] .. " " .. ARGV[2]
  local was, others = held[name], of[device] or {}
  if not was then
    was = {0, "0", "0"}
    for _, other in ipairs(others) do
      if held[other][1] >= was[1] then was = held[other] end
    end
  end
  local record = {ends, was[2], was[3]}
  for word = 2, 3 do
    local said = ARGV[place + word - 1]
    if said == "!" then
      record[word] = "0"
      for _, other in ipairs(others) do
        held[other][word] = "0"
        put(other)
      end
    elseif said ~= "-" then
      record[word] = said
    end
  end
  keep(name, record)
  put(name)
end

local left = {string.format("%.0f", now)}
for _, name in ipairs(names) do
  if held[name][1] < now then
    redis.call("HDEL", KEYS[1], name)
  else
    left[#left + 1] = name
    left[#left + 1] = held[name][2]
    left[#left + 1] = held[name][3]
  end
end
return left
