-- Gives a stream that was lost, or is new, the place and the values of one tenant as a history knows them.
--
-- KEYS  1 the counter, 2 the tenant's mark (the seq of its last event), then the keys to set, then those to remove.
-- ARGV  1 the seq of the tenant's last event, 2 the mark that was read before the keys to remove were looked up,
--       3 how many keys to set; then for each a value and how many seconds it is kept (0 for ever).
-- Reply 1 done, 0 the stream knows that much already, -1 the mark has moved: look again.
local last, sets = tonumber(ARGV[1]), tonumber(ARGV[3])
local mark = tonumber(redis.call("GET", KEYS[2]) or 0)
if mark >= last then return 0 end
if mark ~= tonumber(ARGV[2]) then return -1 end

for key = 3 + sets, #KEYS do redis.call("DEL", KEYS[key]) end
for set = 1, sets do
  local value, seconds = ARGV[2 + 2 * set], ARGV[3 + 2 * set]
  if seconds == "0" then
    redis.call("SET", KEYS[2 + set], value)
  else
    redis.call("SET", KEYS[2 + set], value, "EX", seconds)
  end
end
if tonumber(redis.call("GET", KEYS[1]) or 0) < last then redis.call("SET", KEYS[1], ARGV[1]) end
redis.call("SET", KEYS[2], ARGV[1])
return 1
