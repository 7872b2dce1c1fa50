-- Append to a stream that nobody reads, and remove it. KEYS[1]: the stream. ARGV[1]: the field.
redis.call('XADD', KEYS[1], '*', ARGV[1], '')
return redis.call('DEL', KEYS[1])
