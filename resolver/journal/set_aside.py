"""Scans of earlier generations of the ledger in Redis: find, read and remove them.

A restore of an older copy begins a new generation of the ledger. Scans that no recorder had stored
by then stay in Redis, in the stream of the earlier generation, beside its histories and tokens
(`resolver.history.redis`). Services of the new generation never read them. They are evidence
until a person removes them.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from resolver.history.redis import make_prefix
from resolver.journal.stream import FIELD, STREAM, make_refused_key, make_stream_key
from resolver.redis import RedisStore

_STREAMS: Final = STREAM.replace(b"{", b"[{]").replace(b"}", b"[}]") + b"*"
_HISTORIES: Final = (b"v[0-9]*[{]*", b"r[0-9]*[{]*", b"o[{]*")
"""Patterns of the keys of histories, of partitions, and of used tokens, without their prefix."""
_SCANNED: Final = 1_000
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class SetAsideScans:
    """The scans that are only in the stream of another generation."""

    generation: str
    """Its id; empty for the one before the first restore."""
    scans: int
    put_aside: int
    """Entries that a recorder could not read, or that were not proven."""


async def list_set_aside(store: RedisStore, present: str) -> list[SetAsideScans]:
    """List what generations other than `present` left in the Redis of the journal.

    It looks at every key of one server, some seconds for ten million. Raises ConnectionError,
    `RedisRefused`.
    """
    others = {
        key.removeprefix(STREAM).removesuffix(b":refused").lstrip(b":").decode()
        async for key in _iterate_keys(store, STREAM, _STREAMS, b"TYPE", b"stream")
    } - {present, "check"}
    found = [await count_scans(store, generation) for generation in sorted(others)]
    return [one for one in found if one.scans or one.put_aside]


async def count_scans(store: RedisStore, generation: str) -> SetAsideScans:
    """Count the scans in a generation's stream. Raises ConnectionError, `RedisRefused`."""
    stream = make_stream_key(generation)
    scans, put_aside = await asyncio.gather(
        *(store.call(STREAM, b"XLEN", key) for key in (stream, make_refused_key(stream)))
    )
    return SetAsideScans(generation, scans, put_aside)


async def iterate_scans(store: RedisStore, generation: str) -> AsyncIterator[tuple[bool, bytes]]:
    """Iterate over a generation's stream: whether an entry was refused, and its evidence.

    The evidence is encoded as in `resolver.journal.encoding`. Raises ConnectionError,
    `RedisRefused`.
    """
    stream = make_stream_key(generation)
    for key in (stream, make_refused_key(stream)):
        after = b"-"
        while True:
            page: list[Any] = await store.call(STREAM, b"XRANGE", key, after, b"+", b"COUNT", _PAGE)
            for _, fields in page:
                yield key != stream, dict(zip(fields[::2], fields[1::2], strict=True))[FIELD]
            if len(page) < _PAGE:
                break
            after = b"(" + page[-1][0]


async def delete_histories(store: RedisStore, generation: str) -> int:
    """Delete a generation's histories, partitions and tokens; return the number of keys.

    Raises ConnectionError, `RedisRefused`.
    """
    deleted = 0
    for tag in await store.get_tags():
        for pattern in _HISTORIES:
            keys = _iterate_keys(store, b"{%b}" % tag, make_prefix(generation) + pattern)
            page: list[bytes] = []
            async for key in keys:
                page.append(key)
                if len(page) == _PAGE:
                    deleted += await _unlink(store, page)
                    page = []
            deleted += await _unlink(store, page)
    return deleted


async def delete_scans(store: RedisStore, generation: str) -> None:
    """Delete a generation's stream. Raises ConnectionError, `RedisRefused`."""
    stream = make_stream_key(generation)
    await _unlink(store, [stream, make_refused_key(stream)])


async def _unlink(store: RedisStore, keys: list[bytes]) -> int:
    # Each alone: keys of a cluster are on several servers.
    return sum(await asyncio.gather(*(store.call(key, b"UNLINK", key) for key in keys)))


async def _iterate_keys(
    store: RedisStore, server: bytes, pattern: bytes, *options: bytes
) -> AsyncIterator[bytes]:
    """Iterate over the keys of the server of a key; one that is moved meanwhile may come twice."""
    cursor = b"0"
    while True:
        cursor, keys = await store.call(
            server, b"SCAN", cursor, b"MATCH", pattern, b"COUNT", _SCANNED, *options
        )
        for key in keys:
            yield key
        if cursor == b"0":
            return
