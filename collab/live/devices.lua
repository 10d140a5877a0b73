-- Renews devices of a tenant's agents, forgets those that were not renewed in time, and tells which are left.
--
-- KEYS  1 the tenant's devices: a hash from a device to "ms idle call", the server's time at which it is forgotten, and
--         "1" if it is idle or in a call, else "0".
-- ARGV  1 for how many milliseconds a device is renewed, then for each a name, its idle and its call: "1", "0", or "-"
--         for as it was, which is "0" if it was not there.
-- Reply the server's time in milliseconds, then the names of all that are left, each followed by its idle and its call.
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ends = string.format("%.0f", now + tonumber(ARGV[1]))
for place = 2, #ARGV, 3 do
  local idle, call = ARGV[place + 1], ARGV[place + 2]
  if idle == "-" or call == "-" then
    local until_ms, was_idle, was_call = string.match(redis.call("HGET", KEYS[1], ARGV[place]) or "", "^(%d+) (%d) (%d)$")
    if not until_ms or tonumber(until_ms) < now then was_idle, was_call = "0", "0" end
    if idle == "-" then idle = was_idle end
    if call == "-" then call = was_call end
  end
  redis.call("HSET", KEYS[1], ARGV[place], ends .. " " .. idle .. " " .. call)
end

local left, all = {string.format("%.0f", now)}, redis.call("HGETALL", KEYS[1])
for place = 1, #all, 2 do
  local until_ms, idle, call = string.match(all[place + 1], "^(%d+) (%d) (%d)$")
  if not until_ms or tonumber(until_ms) < now then
    redis.call("HDEL", KEYS[1], all[place])
  else
    left[#left + 1] = all[place]
    left[#left + 1] = idle
    left[#left + 1] = call
  end
end
return left
