"""A Redis client for the scan path: one connection a node, one write for each loop turn.

ADR 0040 has the figures beside redis-py.
"""

from resolver.redis.cluster import RedisCluster
from resolver.redis.errors import NotRun, RedisRefused, UnfitServer
from resolver.redis.node import RedisNode
from resolver.redis.script import Script, load_script
from resolver.redis.store import RedisStore
from resolver.redis.urls import RedisUrl, add_password, is_redis_url, open_store, parse_redis_url

__all__ = [
    "NotRun",
    "RedisCluster",
    "RedisNode",
    "RedisRefused",
    "RedisStore",
    "RedisUrl",
    "Script",
    "UnfitServer",
    "add_password",
    "is_redis_url",
    "load_script",
    "open_store",
    "parse_redis_url",
]
