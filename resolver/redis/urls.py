"""Opens the Redis server or cluster that a URL names.

    redis://[[user]:password@]host[:port][/database]       rediss://… the same with TLS
    unix://[[user]:password@]/path/of/the.socket[?db=2]
    redis+cluster://[[user]:password@]host[:port][?node=host:port&node=…]
    rediss+cluster://…                                      with TLS

Parts of user and password are percent-encoded, IPv6 addresses are in brackets. `db=2` as an option
is the same as the path `/2`; a cluster has one database. `node` names further nodes of the cluster
to ask first. Other options are refused: a URL that asks for something that is not done would be
misleading. No refusal contains a value of the URL: it may have a password.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from resolver.redis.cluster import RedisCluster
from resolver.redis.connection import Word
from resolver.redis.node import RedisNode
from resolver.redis.store import RedisStore, SingleStore
from stamps.errors import VeritemError

_PORT: Final = 6379
SCHEMES: Final = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster")
_NODE: Final = re.compile(r"(?:\[([0-9a-fA-F:.%]+)\]|([^:@/\[\]]+)):(\d{1,5})")


class MalformedRedisUrl(VeritemError, ValueError):
    """The URL has a part that is not supported; `why` names it. The password is left out."""

    code = "malformed-redis-url"
    message = "redis URL: {why}"


@dataclass(frozen=True)
class RedisUrl:
    """The parts of a Redis URL. `socket` is the path of a Unix socket, else `nodes` are asked."""

    nodes: tuple[tuple[str, int], ...] = ()
    socket: str = ""
    user: str = ""
    password: str = ""
    database: int = 0
    tls: bool = False
    cluster: bool = False


def parse_redis_url(url: str) -> RedisUrl:
    """Parse a Redis URL. Raises `MalformedRedisUrl`.

    >>> parse_redis_url("redis://127.0.0.1/2") == parse_redis_url("redis://127.0.0.1?db=2")
    True
    >>> parse_redis_url("redis+cluster://127.0.0.1?db=2")
    Traceback (most recent call last):
    ...
    resolver.redis.urls.MalformedRedisUrl: redis URL: the option db is unknown; allowed: node
    """
    parts = _split(url.strip())
    is_cluster, is_socket = parts.scheme.endswith("+cluster"), parts.scheme == "unix"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and not password:
        raise MalformedRedisUrl(why="a user has a password: user:password@, or :password@ alone")
    databases, more_nodes = _parse_options(parts.query, "node" if is_cluster else "db")
    path = unquote(parts.path)
    if is_socket:
        if parts.hostname or path in ("", "/"):
            raise MalformedRedisUrl(why="a socket has three slashes: unix:///path/of/the.socket")
    elif path.strip("/"):
        databases.append(path.strip("/"))
    if is_cluster and databases:
        raise MalformedRedisUrl(why="a cluster has one database; the path must be empty")
    if not all(re.fullmatch("[0-9]{1,9}", name) for name in databases):
        raise MalformedRedisUrl(why="the database is a number: redis://host:port/2")
    if len(set(databases)) > 1:
        raise MalformedRedisUrl(why="the database is given twice")
    return RedisUrl(
        nodes=() if is_socket else (_parse_server(parts), *more_nodes),
        socket=path if is_socket else "",
        user=user,
        password=password,
        database=int(databases[0]) if databases else 0,
        tls=parts.scheme.startswith("rediss"),
        cluster=is_cluster,
    )


def is_redis_url(url: str) -> bool:
    """Whether the URL has a scheme of Redis."""
    return url.strip().partition("://")[0].lower() in SCHEMES


def add_password(url: str, password: str) -> str:
    """Return the URL with a password, unless it has one. Raises `MalformedRedisUrl`.

    >>> add_password("redis://127.0.0.1:6379/0", "a/b"), add_password("unix://:x@/s", "y")
    ('redis://:a%2Fb@127.0.0.1:6379/0', 'unix://:x@/s')
    """
    if parse_redis_url(url).password:
        return url
    scheme, _, rest = url.strip().partition("://")
    return f"{scheme}://:{quote(password, safe='')}@{rest.removeprefix('@')}"


def open_store(url: str) -> RedisStore:
    """The store at a Redis URL; it connects when it is first used. Raises `MalformedRedisUrl`."""
    parsed = parse_redis_url(url)
    setup: list[tuple[Word, ...]] = []
    if parsed.password:
        user = (parsed.user,) if parsed.user else ()
        setup.append(("AUTH", *user, parsed.password))
    if parsed.cluster:
        return RedisCluster(list(parsed.nodes), setup=tuple(setup), tls=parsed.tls)
    if parsed.database:
        setup.append(("SELECT", parsed.database))
    host, port = parsed.nodes[0] if parsed.nodes else ("", 0)
    return SingleStore(
        RedisNode(host, port, setup=tuple(setup), tls=parsed.tls, socket=parsed.socket)
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise MalformedRedisUrl(why="an IPv6 address is in brackets: redis://[::1]:6379") from None
    if parts.scheme not in SCHEMES or "://" not in url:
        allowed = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise MalformedRedisUrl(why=f"must begin with one of {allowed}")
    if "@" in parts.path + parts.query + parts.fragment:
        raise MalformedRedisUrl(why="/ ? # and @ in a password are written %2F %3F %23 and %40")
    if parts.fragment or url.endswith("#"):
        raise MalformedRedisUrl(why="a fragment (#) has no meaning")
    return parts


def _parse_server(parts: SplitResult) -> tuple[str, int]:
    address = parts.netloc.rpartition("@")[2]
    if address.count(":") > 1 and not address.startswith("["):
        raise MalformedRedisUrl(why="an IPv6 address is in brackets: redis://[::1]:6379")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise MalformedRedisUrl(why="the port is not a number from 1 to 65535")
    return parts.hostname or "127.0.0.1", port or _PORT


def _parse_options(query: str, allowed: str) -> tuple[list[str], list[tuple[str, int]]]:
    """The values of `db`, and those of `node` as addresses."""
    databases, nodes = [], []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != allowed:
            named = name if re.fullmatch(r"\w{1,40}", name) else "after the ?"
            raise MalformedRedisUrl(why=f"the option {named} is unknown; allowed: {allowed}")
        if name == "db":
            databases.append(value)
            continue
        node = _NODE.fullmatch(value)
        if node is None or not 0 < int(node[3]) < 65_536:
            raise MalformedRedisUrl(why="the option node is host:port, or [IPv6]:port")
        nodes.append((node[1] or node[2], int(node[3])))
    return databases, nodes
