-- Append to a stream that nobody reads, and remove it. KEYS[1]: the stream. ARGV[1]: the field.
-- ARGV[2]: a value as long as a scan's.
redis.call('XADD', KEYS[1], '*', ARGV[1], ARGV[2])
return redis.call('DEL', KEYS[1])
