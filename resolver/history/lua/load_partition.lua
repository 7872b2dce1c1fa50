-- Store a partition rebuilt from the ledger; shards that exist meanwhile are kept as they are.
-- KEYS: the partition's bitmap, its shards in order, used tokens.
-- ARGV: number of shards, seconds to remember tokens, then for each shard the number of words and
-- the words (index, history, index, history, ...).
local shards, at = tonumber(ARGV[1]), 3
redis.call('SETRANGE', KEYS[1], 0, string.rep('\0', shards / 8))
for shard = 1, shards do
    local key, words = KEYS[shard + 1], tonumber(ARGV[at])
    if words > 0 and redis.call('EXISTS', key) == 0 then
        redis.call('HSET', key, 'L', '1', unpack(ARGV, at + 1, at + words))
    end
    redis.call('SETBIT', KEYS[1], shard - 1, redis.call('EXISTS', key))
    at = at + words + 1
end
for name = shards + 2, #KEYS do redis.call('SET', KEYS[name], '', 'EX', ARGV[2]) end
return 1
