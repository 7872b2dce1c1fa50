"""Talking to Redis on the hot path: one connection a node, a loop turn in one write."""

from resolver.redis.cluster import RedisCluster
from resolver.redis.errors import NotSent, RedisRefused
from resolver.redis.node import RedisNode
from resolver.redis.opening import open_store
from resolver.redis.store import RedisStore, Script

__all__ = [
    "NotSent",
    "RedisCluster",
    "RedisNode",
    "RedisRefused",
    "RedisStore",
    "Script",
    "open_store",
]
