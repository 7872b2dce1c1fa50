"""Memory on Redis or Redis Cluster: leaves of 256 stamps, hashes in the compact encoding.

    v2{BATCH.BRANCH}LEAF  hash: index in the leaf (0–255) → packed dossier, and "L": it is whole
    r2{BATCH.BRANCH}      the branch was recalled; a bit for each of its leaves that is there
    o{BATCH.BRANCH}NAME   a used name, for `once_seconds`

A leaf that nobody has asked for yet is empty if its branch was recalled and has no bit for it. One
that has its bit and is not there was lost, and the branch is recalled again. The number is
the version of the packed dossiers: after an upgrade that writes them otherwise every branch is
recalled as it is asked for, and the old keys may be deleted.

All of a branch's keys have one hash tag, so that a swap is one script on one server. Redis keeps a
hash in its compact encoding up to `hash-max-listpack-entries` (512) fields of at most
`hash-max-listpack-value` bytes; `ops/redis.conf` raises the latter to 96, above the largest
dossier. Eviction must be off (`noeviction`).
"""

from collections.abc import Coroutine
from typing import Any, Final

import structlog

from detection.scan_history import VERSION
from resolver.errors import HistoryUnavailable
from resolver.history.port import PARTITION_SIZE, RebuildHistory, SwapResult
from resolver.redis import RedisRefused, RedisStore, load_script
from resolver.single_flight import SingleFlight

SHARD_SIZE: Final = 256
"""Stamps in one leaf: a hash of so many small fields has the compact encoding."""
_LEAVES: Final = PARTITION_SIZE // SHARD_SIZE

_LEAF_KEY: Final = b"v%d{%%d.%%d}%%d" % VERSION
_BRANCH_KEY: Final = b"r%d{%%d.%%d}" % VERSION
_MARK: Final = b"L"
_DONE: Final = 1
_MISSING: Final = 3
_SWAPS: Final = {0: SwapResult.CONFLICT, 1: SwapResult.DONE, 2: SwapResult.REPEATED}

_SWAP: Final = load_script("resolver.history", "compare_and_swap")
_UNDO: Final = load_script("resolver.history", "undo_swap")
_BEGIN: Final = load_script("resolver.history", "create_shard")
"""Begin a leaf that is empty by all that the branch knows; 0 where only the ledger can tell."""
_FILL: Final = load_script("resolver.history", "load_partition")
"""Put a recalled branch in, beside the leaves that another process has begun meanwhile."""

_log = structlog.get_logger(__name__)


Entry = tuple[bytes, bytes, bytes]
"""An entry of a Redis stream: the stream, one field and its value."""


class RedisHistoryStore:
    """Dossiers in Redis, shared by all processes that use the same one.

    `guesses` is how many records are remembered as guesses in each of two generations: some 25 MB
    when both are full.
    """

    def __init__(
        self, store: RedisStore, recall: RebuildHistory, *, once_seconds: int, guesses: int = 65_536
    ) -> None:
        self._store = store
        self._recall = recall
        self._once_seconds = once_seconds
        self._most_guesses = guesses
        self._flights = SingleFlight[tuple[int, int], None](self._fill)
        self._guesses: dict[int, bytes] = {}
        self._older: dict[int, bytes] = {}

    async def get(self, batch: int, index: int) -> bytes:
        """See the port."""
        key = _leaf_key(batch, index)
        try:
            record, mark = await self._store.call(key, b"HMGET", key, index % SHARD_SIZE, _MARK)
            if mark is None:
                await self._begin(batch, index)
                record = await self._store.call(key, b"HGET", key, index % SHARD_SIZE)
        except (ConnectionError, RedisRefused) as error:
            raise HistoryUnavailable from error
        return self._guessing(batch, index, record or b"")

    def peek(self, batch: int, index: int) -> bytes | None:
        """See the port."""
        stamp = batch << 24 | index
        known = self._guesses.get(stamp)
        return self._older.get(stamp) if known is None else known

    async def compare_and_swap(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> SwapResult:
        """See the port."""
        try:
            return await self._swap(batch, index, before, after, _keys(batch, index, once))
        except (ConnectionError, RedisRefused) as error:
            raise HistoryUnavailable from error

    def swap_and_append(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes, entry: Entry
    ) -> Coroutine[Any, Any, SwapResult]:
        """SwapResult, and where that is `DONE` append `entry` to its stream: both or neither.

        Only where one server has all the keys. Raises ConnectionError, `RedisRefused`.
        """
        stream, field, value = entry
        keys = (*_keys(batch, index, once), stream)
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
            became: int = await self._store.run(
                _SWAP, keys, index % SHARD_SIZE, before, after, self._once_seconds, *entry
            )
            if became == _MISSING:
                await self._begin(batch, index)
                continue
            if became == _DONE:
                self._guessing(batch, index, after)
            return _SWAPS[became]

    def _guessing(self, batch: int, index: int, record: bytes) -> bytes:
        """Remember a record that was seen.

        A generation is forgotten at once: to find the oldest entry of a dictionary that has lost
        many from its front takes longer and longer (a second's stalls after ten minutes, measured).
        """
        if len(self._guesses) >= self._most_guesses:
            self._guesses, self._older = {}, self._guesses
        self._guesses[batch << 24 | index] = record
        return record

    async def undo_swap(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> None:
        """See the port."""
        keys = _keys(batch, index, once)
        try:
            await self._store.run(_UNDO, keys, index % SHARD_SIZE, before, after)
        except (ConnectionError, RedisRefused) as error:
            # The dossier knows of a scan that is no evidence: it errs on the side of suspicion
            # until it is rebuilt.
            _log.warning("swap not undone", batch=batch, index=index, why=str(error))

    async def check(self) -> None:
        """See the port."""
        try:
            await self._store.call(b"", b"PING")
        except (ConnectionError, RedisRefused) as error:
            raise HistoryUnavailable from error

    async def close(self) -> None:
        """See the port."""
        await self._store.close()

    async def _begin(self, batch: int, index: int) -> None:
        """Make sure that a stamp's leaf is there."""
        branch = batch, index // PARTITION_SIZE
        keys = _leaf_key(batch, index), _BRANCH_KEY % branch
        while not await self._store.run(_BEGIN, keys, index % PARTITION_SIZE // SHARD_SIZE):
            await self._flights.of(branch)

    async def _fill(self, branch: tuple[int, int]) -> None:
        """Recall a branch and put it in."""
        batch, number = branch
        records, names = await self._recall(batch, number)
        leaves: list[list[Any]] = [[] for _ in range(_LEAVES)]
        for index, record in records.items():
            leaves[index % PARTITION_SIZE // SHARD_SIZE] += index % SHARD_SIZE, record
        first = number * PARTITION_SIZE
        keys = (
            _BRANCH_KEY % branch,
            *(_leaf_key(batch, first + leaf * SHARD_SIZE) for leaf in range(_LEAVES)),
            *(_name_key(batch, index, name) for index, name in names),
        )
        words = [word for leaf in leaves for word in (len(leaf), *leaf)]
        await self._store.run(_FILL, keys, _LEAVES, self._once_seconds, *words)


def _leaf_key(batch: int, index: int) -> bytes:
    return _LEAF_KEY % (batch, index // PARTITION_SIZE, index % PARTITION_SIZE // SHARD_SIZE)


def _name_key(batch: int, index: int, name: bytes) -> bytes:
    return b"o{%d.%d}" % (batch, index // PARTITION_SIZE) + name


def _keys(batch: int, index: int, once: bytes | None) -> tuple[bytes, ...]:
    leaf = _leaf_key(batch, index)
    return (leaf,) if once is None else (leaf, _name_key(batch, index, once))
