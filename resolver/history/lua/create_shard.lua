-- Create an empty shard if the partition was loaded and never had the shard.
-- KEYS[1]: the shard. KEYS[2]: the partition's bitmap. ARGV[1]: number of the shard.
-- Returns 1: the shard is there. 0: only the ledger knows its content, load the partition.
if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
if redis.call('EXISTS', KEYS[2]) == 0 or redis.call('GETBIT', KEYS[2], ARGV[1]) == 1 then
    return 0
end
redis.call('SETBIT', KEYS[2], ARGV[1], 1)
redis.call('HSET', KEYS[1], 'L', '1')
return 1
