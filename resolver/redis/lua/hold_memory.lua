-- Take memory for a moment. KEYS[1]: a key of this process. ARGV[1]: bytes. ARGV[2]: milliseconds.
redis.call('SETRANGE', KEYS[1], ARGV[1] - 1, '0')
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
