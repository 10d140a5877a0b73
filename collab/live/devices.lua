-- Renews devices of a tenant's agents, forgets those that were not renewed in time, and tells which are left.
--
-- KEYS  1 the tenant's devices: a hash from a device to "ms idle", the server's time at which it is forgotten.
-- ARGV  1 for how many milliseconds a device is renewed, then for each a name and "1" if it is idle, else "0".
-- Reply the names of all that are left, each followed by "1" or "0".
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ends = string.format("%.0f", now + tonumber(ARGV[1]))
for place = 2, #ARGV, 2 do redis.call("HSET", KEYS[1], ARGV[place], ends .. " " .. ARGV[place + 1]) end

local left, all = {}, redis.call("HGETALL", KEYS[1])
for place = 1, #all, 2 do
  local until_ms, idle = string.match(all[place + 1], "^(%d+) (%d)$")
  if tonumber(until_ms) < now then
    redis.call("HDEL", KEYS[1], all[place])
  else
    left[#left + 1] = all[place]
    left[#left + 1] = idle
  end
end
return left
