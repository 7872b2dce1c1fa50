"""Opens the Redis server or cluster that a URL names.

    redis://[user:password@]host[:port][/database]
    rediss://…                                  with TLS
    redis+cluster://[user:password@]host[:port][?node=host:port&node=…]

`node` names further nodes of the cluster to ask first. Other options are refused: a URL that asks
for something that is not done would be misleading.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from resolver.redis.cluster import RedisCluster
from resolver.redis.connection import Word
from resolver.redis.node import RedisNode
from resolver.redis.store import RedisStore, SingleStore
from stamps.errors import VeritemError

_PORT: Final = 6379
_SCHEMES: Final = ("redis", "rediss", "redis+cluster")


class MalformedRedisUrl(VeritemError, ValueError):
    """The URL has a part that is not supported; `why` names it. The password is left out."""

    code = "malformed-redis-url"
    message = "redis URL: {why}"


@dataclass(frozen=True)
class RedisUrl:
    """The parts of a Redis URL."""

    scheme: str
    nodes: tuple[tuple[str, int], ...]
    user: str = ""
    password: str = ""
    database: int = 0


def parse_redis_url(url: str) -> RedisUrl:
    """Parse a Redis URL. Raises `MalformedRedisUrl`.

    >>> parse_redis_url("redis://127.0.0.1/2").database
    2
    >>> parse_redis_url("redis://127.0.0.1?db=2")
    Traceback (most recent call last):
    ...
    resolver.redis.urls.MalformedRedisUrl: redis URL: the option db is unknown; allowed: none
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise MalformedRedisUrl(why=f"the scheme {parts.scheme!r} is unknown")
    is_cluster = parts.scheme == "redis+cluster"
    try:
        nodes = [(parts.hostname or "127.0.0.1", parts.port or _PORT)]
    except ValueError:
        raise MalformedRedisUrl(why="the port is not a number") from None
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not is_cluster or name != "node":
            allowed = "node" if is_cluster else "none"
            raise MalformedRedisUrl(why=f"the option {name} is unknown; allowed: {allowed}")
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit():
            raise MalformedRedisUrl(why=f"the option node is host:port, not {value!r}")
        nodes.append((host, int(port)))
    path = parts.path.strip("/")
    if path and (is_cluster or not path.isdigit()):
        raise MalformedRedisUrl(why=f"the path {parts.path!r} is not the number of a database")
    if parts.fragment:
        raise MalformedRedisUrl(why="a fragment (#) has no meaning")
    return RedisUrl(
        scheme=parts.scheme,
        nodes=tuple(nodes),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=int(path or 0),
    )


def open_store(url: str) -> RedisStore:
    """The store at a Redis URL; it connects when it is first used. Raises `MalformedRedisUrl`."""
    parsed = parse_redis_url(url)
    setup: list[tuple[Word, ...]] = []
    if parsed.password:
        user = (parsed.user,) if parsed.user else ()
        setup.append(("AUTH", *user, parsed.password))
    if parsed.scheme == "redis+cluster":
        return RedisCluster(list(parsed.nodes), setup=tuple(setup))
    if parsed.database:
        setup.append(("SELECT", parsed.database))
    ((host, port),) = parsed.nodes
    tls = parsed.scheme == "rediss"
    return SingleStore(RedisNode(host, port, setup=tuple(setup), tls=tls))
