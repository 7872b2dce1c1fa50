-- Take a swap back if nothing has changed the history since, and make the token good again.
-- KEYS[1]: the shard. KEYS[2]: the used token (optional).
-- ARGV: field, history before the swap, history after it.
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[3] then
    if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1])
    else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
end
if KEYS[2] then redis.call('DEL', KEYS[2]) end
return 1
