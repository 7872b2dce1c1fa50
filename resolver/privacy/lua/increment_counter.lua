-- Count one request and start the life of a new counter.
-- KEYS[1]: the counter. ARGV[1]: its life in milliseconds. Returns the count.
local count = redis.call('INCR', KEYS[1])
if count == 1 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return count
