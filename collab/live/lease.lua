-- Gives one of several the right to do something until a time of the server's, renews it, or takes it back.
--
-- KEYS  1 the lease: who has it, gone when it ends; 2 its fence: a hash of the number and who had the lease last;
--       3 the server's name.
-- ARGV  1 who asks, 2 for how many milliseconds (0 gives the lease back), 3 the number that the fence must be above,
--       4 a name for a server that has none.
-- Reply {the fence number, which grows whenever another gets the lease, or 0: somebody else has it; the name}.
local holder, last = redis.call("GET", KEYS[1]), redis.call("HGET", KEYS[2], "holder")
local name = redis.call("GET", KEYS[3])
if not name then
  name = ARGV[4]
  redis.call("SET", KEYS[3], name)
end
if holder and holder ~= ARGV[1] then return {0, name} end
if ARGV[2] == "0" then
  redis.call("DEL", KEYS[1])
  return {0, name}
end

local fence, least = tonumber(redis.call("HGET", KEYS[2], "fence") or 0), tonumber(ARGV[3])
if last ~= ARGV[1] or fence <= least then
  fence = math.max(fence, least) + 1
  redis.call("HSET", KEYS[2], "fence", string.format("%.0f", fence), "holder", ARGV[1])
end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return {fence, name}
