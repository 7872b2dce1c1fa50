"""Talking to Redis on the hot path: one connection a node, a loop turn in one write."""

from resolver.redis.cluster import RedisCluster
from resolver.redis.errors import NotSent, RedisRefused
from resolver.redis.node import RedisNode
from resolver.redis.script import Script, load_script
from resolver.redis.store import RedisStore
from resolver.redis.urls import open_store

__all__ = [
    "NotSent",
    "RedisCluster",
    "RedisNode",
    "RedisRefused",
    "RedisStore",
    "Script",
    "load_script",
    "open_store",
]
