"""What a scanned stamp costs Redis, everything counted.

Leaves as `resolver.history.redis` keeps them are filled with dossiers that came about as the judge
makes them: most stamps scanned once or twice, some by a family, a few in several provinces; half of
the scans say a place. Redis is told nothing but its defaults (and ops/redis.conf's 96 bytes), and
asked how much memory it uses before and after.

- `memory.redis_bytes`: all stamps of a batch scanned (10 million; `--quick` 300,000).
- `memory.redis_bytes_sparse`: one stamp in sixteen, the rest of the batch unscanned.
- `memory.redis_bytes_rare`: one stamp in 128.
- `memory.dossier_bytes`: the packed dossiers alone, the mean.

Beside them `key_a_stamp`: the same records as one string key each.
"""

import asyncio
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Final

from benchmarks.figure import Figure
from benchmarks.resolving import ended, listening, started
from detection.apply_scan import apply_scan
from detection.place import Place
from detection.rules import Rules
from detection.scan_event import ScanEvent
from detection.scan_history import ScanHistory
from detection.stamp_context import StampContext
from resolver.history import PARTITION_SIZE
from resolver.history.redis import SHARD_SIZE
from resolver.redis import RedisStore, open_store
from stamps.lifecycle import State
from tests.servers import free_port

_AT: Final = 1_790_000_000_000
_SESSIONS: Final = (1,) * 70 + (2,) * 18 + (3,) * 7 + (5,) * 4 + (12,)
"""How many people scan a stamp, in hundredths."""
_KINDS: Final = 4096
"""Different dossiers; stamps draw from them."""


def run(quick: bool) -> Iterator[Figure]:
    """Fill Redis and ask it."""
    stamps = 300_000 if quick else 10_000_000
    histories = _dossiers()
    dense = _used(histories, stamps, step=1)
    sparse = _used(histories, stamps // 16, step=16)
    rare = _used(histories, stamps // 128, step=128)
    single = _used(histories, min(stamps, 1_000_000), step=0)
    for name, figure in (
        ("redis_bytes", dense),
        ("redis_bytes_sparse", sparse),
        ("redis_bytes_rare", rare),
    ):
        yield Figure(
            f"memory.{name}",
            figure,
            "bytes/stamp",
            {"key_a_stamp": single},
            {"key_a_stamp": figure / single},
        )
    yield Figure("memory.dossier_bytes", mean(map(len, histories)), "bytes")


def _dossiers() -> list[bytes]:
    chance = random.Random(7)
    facts, rules = StampContext(State.ACTIVATED, activated_at=_AT), Rules()
    made = []
    for _ in range(_KINDS):
        at = _AT + chance.randrange(30 * 86_400_000)
        history = ScanHistory()
        home = Place(chance.uniform(9, 22), chance.uniform(103, 109), 4_000.0)
        for _ in range(chance.choice(_SESSIONS)):
            device = chance.getrandbits(63)
            said = home if chance.random() < 0.5 else None
            for _ in range(chance.choice((1, 1, 2))):
                event = ScanEvent(at, device, chance.getrandbits(63), said, "VN", province="66")
                history = apply_scan(history, event, facts, rules)
                at += chance.randrange(3_600_000)
        made.append(history.pack())
    return made


def _used(histories: list[bytes], stamps: int, step: int) -> float:
    """Bytes of Redis a scanned stamp; `step` 0 keeps a key a stamp instead of leaves."""
    with _redis() as url:
        return asyncio.run(_filled(url, histories, stamps, step))


async def _filled(url: str, histories: list[bytes], stamps: int, step: int) -> float:
    store = open_store(url)
    await store.ready()
    before = await _memory(store)
    waiting = []
    chance = random.Random(11)
    a_leaf = SHARD_SIZE // step if step else SHARD_SIZE
    for leaf in range(stamps // a_leaf):
        drawn = chance.choices(histories, k=a_leaf)
        if step:
            words: list[bytes | int] = [b"L", b"1"]
            for place, history in enumerate(drawn):
                words += [place * step, history]
            branch, place = divmod(leaf, PARTITION_SIZE // SHARD_SIZE)
            key = b"v2{7.%d}%d" % (branch, place)
            waiting.append(store.call(key, b"HSET", key, *words))
            if not place:
                mark = b"r2{7.%d}" % branch
                waiting.append(store.call(mark, b"SET", mark, b"\xff" * 4))
        else:
            for place, history in enumerate(drawn):
                waiting.append(
                    store.call(b"", b"SET", b"v7.%d" % (leaf * SHARD_SIZE + place), history)
                )
        if len(waiting) >= 500:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    after = await _memory(store)
    await store.close()
    return (after - before) / (stamps // a_leaf * a_leaf)


async def _memory(store: RedisStore) -> int:
    told: bytes = await store.call(b"", b"INFO", b"memory")
    return int(told.partition(b"used_memory:")[2].split()[0])


@contextmanager
def _redis() -> Iterator[str]:
    directory = Path(tempfile.mkdtemp(prefix="veritem-bench-"))
    port = free_port()
    options = ["--port", str(port), "--save", "", "--dir", str(directory)]
    program = started(["redis-server", *options, "--hash-max-listpack-value", "96"], None)
    listening(port)
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        ended(program)
        shutil.rmtree(directory, ignore_errors=True)
