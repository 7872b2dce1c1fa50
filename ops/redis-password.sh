#!/bin/sh
# Generates the password of Redis, once: ops/redis-password.sh [FOLDER], as root.
#
#   FOLDER/redis-password.conf   what ops/redis*.conf include; for the user of Redis
#   FOLDER/redis.password        the password alone, for resolver and recorder:
#                                VERITEM_RESOLVER_REDIS_PASSWORD_FILE=FOLDER/redis.password
#
# Give each file to its reader: chown redis …/redis-password.conf, chown veritem …/redis.password.
# To change the password, remove both, run this again, and restart Redis, resolvers and recorders.
set -eu
umask 077
folder=${1:-/etc/veritem}
for file in redis-password.conf redis.password; do
    if [ -e "$folder/$file" ]; then
        echo "$folder/$file exists; it is kept" >&2
        exit 1
    fi
done
mkdir -p "$folder"
password=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
printf 'requirepass %s\n' "$password" >"$folder/redis-password.conf"
printf '%s\n' "$password" >"$folder/redis.password"
