"""Redis memory of a scanned stamp, including all overhead.

Shards in the form of `resolver.history.redis` are filled with histories computed by the detector:
most stamps are scanned once or twice, some by a family, a few in several provinces; half of the
scans give a place. Redis runs with its defaults and the `hash-max-listpack-value` of
`ops/redis.conf`; its used memory is read before and after.

- `memory.redis_bytes`: all stamps of a batch scanned (10 million; `--quick` 300,000).
- `memory.redis_bytes_sparse`: one stamp in sixteen, the rest of the batch not scanned.
- `memory.redis_bytes_rare`: one stamp in 128.
- `memory.dossier_bytes`: the packed histories alone, the mean.

Peer `key_a_stamp`: the same records as one string key each.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean
from typing import Final

from benchmarks.checkout import ROOT
from benchmarks.figures import Figure
from benchmarks.plan import Plan
from benchmarks.programs import start_program, stop_program, wait_for_port
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
"""People who scan a stamp, one entry for each hundredth of the stamps."""
PROGRAMS: Final = ("redis-server",)
_KINDS: Final = 4096
"""Different histories, from which stamps draw."""


def run(plan: Plan) -> Iterator[Figure]:
    """Fill Redis and read its used memory."""
    stamps = 300_000 if plan.quick else 10_000_000
    histories = _make_histories()
    dense = _measure_bytes(histories, stamps, step=1)
    sparse = _measure_bytes(histories, stamps // 16, step=16)
    rare = _measure_bytes(histories, stamps // 128, step=128)
    single = _measure_bytes(histories, min(stamps, 1_000_000), step=0)
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


def _make_histories() -> list[bytes]:
    chance = random.Random(7)
    context, rules = StampContext(State.ACTIVATED, activated_at=_AT), Rules()
    made = []
    for _ in range(_KINDS):
        at = _AT + chance.randrange(30 * 86_400_000)
        history = ScanHistory()
        home = Place(chance.uniform(9, 22), chance.uniform(103, 109), 4_000.0)
        for _ in range(chance.choice(_SESSIONS)):
            device = chance.getrandbits(63)
            place = home if chance.random() < 0.5 else None
            for _ in range(chance.choice((1, 1, 2))):
                event = ScanEvent(at, device, chance.getrandbits(63), place, "VN", province="66")
                history = apply_scan(history, event, context, rules)
                at += chance.randrange(3_600_000)
        made.append(history.pack())
    return made


def _measure_bytes(histories: list[bytes], stamps: int, step: int) -> float:
    """Bytes of Redis per scanned stamp; with `step` 0 one key per stamp instead of shards."""
    with _run_redis() as url:
        return asyncio.run(_fill(url, histories, stamps, step))


async def _fill(url: str, histories: list[bytes], stamps: int, step: int) -> float:
    store = open_store(url)
    await store.ready()
    before = await _read_used_memory(store)
    waiting = []
    chance = random.Random(11)
    per_shard = SHARD_SIZE // step if step else SHARD_SIZE
    for shard in range(stamps // per_shard):
        drawn = chance.choices(histories, k=per_shard)
        if step:
            words: list[bytes | int] = [b"L", b"1"]
            for place, history in enumerate(drawn):
                words += [place * step, history]
            partition, place = divmod(shard, PARTITION_SIZE // SHARD_SIZE)
            key = b"v3{7.%d}%d" % (partition, place)
            waiting.append(store.call(key, b"HSET", key, *words))
            if not place:
                mark = b"r3{7.%d}" % partition
                waiting.append(store.call(mark, b"SET", mark, b"\xff" * 4))
        else:
            for place, history in enumerate(drawn):
                waiting.append(
                    store.call(b"", b"SET", b"v7.%d" % (shard * SHARD_SIZE + place), history)
                )
        if len(waiting) >= 500:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    after = await _read_used_memory(store)
    await store.close()
    return (after - before) / (stamps // per_shard * per_shard)


async def _read_used_memory(store: RedisStore) -> int:
    report: bytes = await store.call(b"", b"INFO", b"memory")
    return int(report.partition(b"used_memory:")[2].split()[0])


@contextmanager
def _run_redis() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="veritem-bench-") as directory:
        port = free_port()
        options = ["--port", str(port), "--save", "", "--dir", directory]
        command = ["redis-server", *options, "--hash-max-listpack-value", "96"]
        program = start_program(command, None, ROOT)
        try:
            wait_for_port(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            stop_program(program)
