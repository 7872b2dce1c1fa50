"""Which Redis an URL means: one server or a cluster."""

from urllib.parse import parse_qs, unquote, urlsplit

from resolver.redis.cluster import RedisCluster
from resolver.redis.connection import Word
from resolver.redis.node import RedisNode
from resolver.redis.store import RedisStore, SingleStore


def open_store(url: str) -> RedisStore:
    """The store at `redis://[user:password@]host[:port][/db]`, `rediss://…`, `redis+cluster://…`.

    More nodes of a cluster to begin with may follow as `?node=host:port`.
    """
    parts = urlsplit(url)
    prepare: list[tuple[Word, ...]] = []
    if parts.password:
        user = (unquote(parts.username),) if parts.username else ()
        prepare.append(("AUTH", *user, unquote(parts.password)))
    host, port = parts.hostname or "127.0.0.1", parts.port or 6379
    tls = parts.scheme == "rediss"
    if parts.scheme == "redis+cluster":
        others = [node.rpartition(":") for node in parse_qs(parts.query).get("node", [])]
        nodes = [(host, port), *((name, int(number)) for name, _, number in others)]
        return RedisCluster(nodes, prepare=tuple(prepare))
    if parts.path.strip("/"):
        prepare.append(("SELECT", parts.path.strip("/")))
    return SingleStore(RedisNode(host, port, prepare=tuple(prepare), tls=tls))
