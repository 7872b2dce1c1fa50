-- Do what a swap does, and leave nothing. KEYS[1]: a shard of no batch. KEYS[2]: a token of no stamp.
-- ARGV[1]: seconds to remember a token.
redis.call('HMGET', KEYS[1], '0', 'L')
redis.call('HSET', KEYS[1], 'L', '1')
redis.call('SET', KEYS[2], '', 'EX', ARGV[1])
return redis.call('DEL', KEYS[1], KEYS[2])
