-- Replace one stamp's history if it is still the expected one, once for each token.
-- KEYS[1]: the shard. KEYS[2]: the used token (optional). KEYS[3]: the scan stream (optional).
-- ARGV: field, expected history, new history, seconds to remember the token, entry's field and value.
-- Returns 0: changed meanwhile. 1: done. 2: the token was used. 3: the shard is missing.
local found = redis.call('HMGET', KEYS[1], ARGV[1], 'L')
if not found[2] then return 3 end
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
if (found[1] or '') ~= ARGV[2] then return 0 end
if KEYS[3] then redis.call('XADD', KEYS[3], '*', ARGV[5], ARGV[6]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if KEYS[2] then redis.call('SET', KEYS[2], '', 'EX', ARGV[4]) end
return 1
