"""The history store on Redis or Redis Cluster: shards of 256 stamps, hashes in listpack encoding.

    v3{BATCH.PARTITION}SHARD  hash: index in the shard (0–255) → packed history; "L" marks it loaded
    r3{BATCH.PARTITION}       the partition was loaded; a bitmap of its shards that exist
    o{BATCH.PARTITION}TOKEN   a used token, for `token_seconds`
    v3{TAG}check, o{TAG}check a check writes and deletes them, on every server

After a restore of the ledger each key begins with the id of the ledger's generation and a colon, as
in `1f3a9c02:v3{7.0}4`: what a lost future left in Redis is never read again.

If the partition was loaded and the bit of a shard is not set, the shard is empty. If the bit is set
but the shard is missing, Redis lost it and the partition is loaded again. The number in the keys is
the version of packed histories: after an upgrade that packs them differently, every partition is
loaded again on demand and the old keys may be deleted.

All keys of a partition share a hash tag, so that a swap is one script on one server. Redis keeps a
hash in listpack encoding up to `hash-max-listpack-entries` (512) fields of at most
`hash-max-listpack-value` bytes; `ops/redis.conf` raises the latter to 96, above the largest packed
history. Eviction must be off (`noeviction`). The scripts are in `lua/`.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import structlog

from detection.scan_history import VERSION
from resolver.errors import HistoryUnavailable
from resolver.history.port import PARTITION_SIZE, RebuildPartition, SwapResult
from resolver.redis import RedisRefused, RedisStore, load_script
from resolver.redis.write_check import run_write_check
from resolver.single_flight import SingleFlight
from web.bounded_cache import BoundedCache

SHARD_SIZE: Final = 256
"""Stamps in a shard: the most small fields with which a hash keeps listpack encoding."""
_SHARDS: Final = PARTITION_SIZE // SHARD_SIZE

_SHARD_KEY: Final = b"v%d{%%d.%%d}%%d" % VERSION
_PARTITION_KEY: Final = b"r%d{%%d.%%d}" % VERSION
_TOKEN_KEY: Final = b"o{%d.%d}"
_LOADED: Final = b"L"

_COMPARE_AND_SWAP: Final = load_script("resolver.history", "compare_and_swap")
_UNDO_SWAP: Final = load_script("resolver.history", "undo_swap")
_CREATE_SHARD: Final = load_script("resolver.history", "create_shard")
_LOAD_PARTITION: Final = load_script("resolver.history", "load_partition")
_CHECK_SWAP: Final = load_script("resolver.history", "check_swap")

# What compare_and_swap.lua returns.
_DONE: Final = 1
_SHARD_MISSING: Final = 3
_RESULTS: Final = {0: SwapResult.CONFLICT, 1: SwapResult.DONE, 2: SwapResult.REPEATED}

_log = structlog.get_logger(__name__)

StreamEntry = tuple[bytes, bytes, bytes]
"""Key of a Redis stream, field and value."""


class RedisHistoryStore:
    """Histories in Redis, shared by all processes that use the same server or cluster.

    `peeked` is the number of histories that are kept for `peek`: 131,072 take some 40 MB.
    `generation` is the id of the ledger's generation.
    """

    def __init__(
        self,
        store: RedisStore,
        rebuild: RebuildPartition,
        *,
        token_seconds: int,
        peeked: int = 131_072,
        generation: str = "",
    ) -> None:
        prefix = make_prefix(generation)
        self._prefix: Final = prefix
        self._shard_format: Final = prefix + _SHARD_KEY
        self._partition_format: Final = prefix + _PARTITION_KEY
        self._token_format: Final = prefix + _TOKEN_KEY
        self._store = store
        self._rebuild = rebuild
        self._token_seconds = token_seconds
        self._flights = SingleFlight[tuple[int, int], None](self._load_partition)
        self._seen = BoundedCache[int, bytes](peeked)

    async def get(self, batch: int, index: int) -> bytes:
        """See the port."""
        key = self._shard_key(batch, index)
        field = index % SHARD_SIZE
        try:
            history, loaded = await self._store.call(key, b"HMGET", key, field, _LOADED)
            if loaded is None:
                await self._create_shard(batch, index)
                history = await self._store.call(key, b"HGET", key, field)
        except (ConnectionError, RedisRefused) as error:
            raise HistoryUnavailable from error
        self._seen.put(batch << 24 | index, history or b"")
        return history or b""

    def peek(self, batch: int, index: int) -> bytes | None:
        """See the port."""
        return self._seen.peek(batch << 24 | index)

    async def compare_and_swap(
        self, batch: int, index: int, before: bytes, after: bytes, token: bytes | None
    ) -> SwapResult:
        """See the port."""
        try:
            return await self._swap(batch, index, before, after, self._keys(batch, index, token))
        except (ConnectionError, RedisRefused) as error:
            raise HistoryUnavailable from error

    def swap_and_append(
        self, batch: int, index: int, before: bytes, after: bytes, token: bytes, entry: StreamEntry
    ) -> Coroutine[Any, Any, SwapResult]:
        """`compare_and_swap`, which on `DONE` appends `entry` to its stream atomically.

        Only if one server has all the keys. Raises ConnectionError, `RedisRefused`.
        """
        stream, field, value = entry
        keys = (*self._keys(batch, index, token), stream)
        return self._swap(batch, index, before, after, keys, field, value)

    async def _swap(
        self,
        batch: int,
        index: int,
        before: bytes,
        after: bytes,
        keys: tuple[bytes, ...],
        *entry: bytes,
    ) -> SwapResult:
        while True:
            result: int = await self._store.run(
                _COMPARE_AND_SWAP,
                keys,
                index % SHARD_SIZE,
                before,
                after,
                self._token_seconds,
                *entry,
            )
            if result == _SHARD_MISSING:
                await self._create_shard(batch, index)
                continue
            if result == _DONE:
                self._seen.put(batch << 24 | index, after)
            return _RESULTS[result]

    async def undo_swap(
        self, batch: int, index: int, before: bytes, after: bytes, token: bytes | None
    ) -> None:
        """See the port."""
        keys = self._keys(batch, index, token)
        try:
            await self._store.run(_UNDO_SWAP, keys, index % SHARD_SIZE, before, after)
        except (ConnectionError, RedisRefused) as error:
            # The history includes a scan that is no evidence until it is rebuilt. That makes the
            # stamp look more suspicious, not less.
            _log.warning("swap not undone", batch=batch, index=index, why=str(error))

    async def check(self) -> None:
        """See the port."""
        try:
            tags = await self._store.get_tags()
            await asyncio.gather(*(self._check_server(tag) for tag in tags))
        except (ConnectionError, RedisRefused) as error:
            raise HistoryUnavailable from error

    async def _check_server(self, tag: bytes) -> None:
        keys = (
            self._prefix + b"v%d{%b}check" % (VERSION, tag),
            self._prefix + b"o{%b}check" % tag,
        )
        await run_write_check(self._store, tag, _CHECK_SWAP, keys, self._token_seconds)

    async def close(self) -> None:
        """See the port."""
        await self._store.close()

    async def _create_shard(self, batch: int, index: int) -> None:
        """Make sure that a stamp's shard exists; load its partition if necessary."""
        partition = batch, index // PARTITION_SIZE
        keys = self._shard_key(batch, index), self._partition_format % partition
        shard = index % PARTITION_SIZE // SHARD_SIZE
        while not await self._store.run(_CREATE_SHARD, keys, shard):
            await self._flights.fetch(partition)

    async def _load_partition(self, partition: tuple[int, int]) -> None:
        """Rebuild a partition and store it."""
        batch, number = partition
        histories, used_tokens = await self._rebuild(batch, number)
        shards: list[list[Any]] = [[] for _ in range(_SHARDS)]
        for index, history in histories.items():
            shards[index % PARTITION_SIZE // SHARD_SIZE] += index % SHARD_SIZE, history
        first = number * PARTITION_SIZE
        keys = (
            self._partition_format % partition,
            *(self._shard_key(batch, first + shard * SHARD_SIZE) for shard in range(_SHARDS)),
            *(self._token_key(batch, index, token) for index, token in used_tokens),
        )
        words = [word for shard in shards for word in (len(shard), *shard)]
        await self._store.run(_LOAD_PARTITION, keys, _SHARDS, self._token_seconds, *words)

    def _shard_key(self, batch: int, index: int) -> bytes:
        shard = index % PARTITION_SIZE // SHARD_SIZE
        return self._shard_format % (batch, index // PARTITION_SIZE, shard)

    def _token_key(self, batch: int, index: int, token: bytes) -> bytes:
        return self._token_format % (batch, index // PARTITION_SIZE) + token

    def _keys(self, batch: int, index: int, token: bytes | None) -> tuple[bytes, ...]:
        shard = self._shard_key(batch, index)
        return (shard,) if token is None else (shard, self._token_key(batch, index, token))


def make_prefix(generation: str) -> bytes:
    """Beginning of the keys of a generation's histories; empty for a first generation."""
    return f"{generation}:".encode() if generation else b""
