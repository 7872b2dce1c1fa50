"""Issuing: codes sealed and signed on one core, and what an unscanned stamp costs the ledger.

- `issue.sealed`: canonical codes a second out of the key ring, a million at a time; beside it a
  loop of HMAC-SHA256 over the same identities, the tag alone and no text.
- `issue.signed`: codes sealed, signed with Ed25519 and written as the 103 characters that are
  printed; beside it the bare signatures of messages that lie ready.
- `issue.ledger_bytes`: growth of the ledger's SQLite file by whole issues of ten million stamps
  (order, approval, batch, span, audit, manifest), a stamp; beside it a table with a row a stamp.
"""

import asyncio
import hmac
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.figure import Figure, compare, interleaved
from issuer import Issuer, Signer
from ledger import Order, open_ledger
from stamps.key_ring import EpochKeys, KeyRing
from stamps.signature import MESSAGE_PREFIX

MASTER, SEED = bytes(range(32)), bytes(range(32, 64))
BATCH = 7
ISSUE = 10_000_000  # stamps in an issue whose bytes are counted


def run(quick: bool) -> Iterator[Figure]:
    """Measure the three figures; `quick` takes fewer rounds of fewer codes."""
    with one_core():
        figures = [
            sealed(100_000 if quick else 1_000_000, 5 if quick else 15),
            signed(1_000 if quick else 10_000, 5 if quick else 15),
        ]
    yield from figures
    # A file grows by pages of 4 kB: a few issues would cost nothing or a whole one.
    yield ledger_bytes(10 if quick else 40)


def sealed(count: int, rounds: int) -> Figure:
    """Sealed codes a second."""
    ring = _ring()
    key = EpochKeys.derive(0, MASTER).tag

    def hmac_loop() -> None:
        for identity in range(BATCH << 24, (BATCH << 24) + count // 10):
            hmac.digest(key, identity.to_bytes(6, "big"), "sha256")

    _, rates = interleaved(
        {
            "sealed": lambda: _rate(count, lambda: ring.seal(BATCH, 0, count)),
            "hmac_loop": lambda: _rate(count // 10, hmac_loop),
        },
        rounds,
    )
    return compare("issue.sealed", "codes/s", rates)


def signed(count: int, rounds: int) -> Figure:
    """Signed codes a second, from identity to printed text."""
    ring, signer = _ring(), Signer({0: SEED})
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    messages = [MESSAGE_PREFIX + code for code in ring.seal(BATCH, 0, count).tolist()]

    def bare() -> None:
        for message in messages:
            key.sign(message)

    _, rates = interleaved(
        {
            "signed": lambda: _rate(count, lambda: signer.sign_codes(ring.seal(BATCH, 0, count))),
            "bare_ed25519": lambda: _rate(count, bare),
        },
        rounds,
    )
    return compare("issue.signed", "codes/s", rates)


def ledger_bytes(issues: int) -> Figure:
    """Bytes that the ledger grows by, a stamp issued and not scanned."""
    with tempfile.TemporaryDirectory() as directory:
        ours = asyncio.run(_issue(Path(directory, "ledger.db"), issues)) / (issues * ISSUE)
        rows = _row_a_stamp(Path(directory, "rows.db"))
    return Figure(
        "issue.ledger_bytes",
        ours,
        "bytes/stamp",
        {"row_a_stamp": rows},
        {"row_a_stamp": ours / rows},
    )


async def _issue(path: Path, issues: int) -> int:
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await ledger.migrate()
        before = _size(path)
        issuer = Issuer(ledger, _ring(), Signer({0: SEED}))
        for number in range(issues):
            order = f"order-{number}"
            await ledger.orders.add(Order(order, ISSUE, "sealed", "mai"))
            await ledger.orders.approve(order, "tuan")
            await issuer.issue(order, host="VERITEM.VN", actor="lan", key=order)
        return _size(path) - before


def _row_a_stamp(path: Path) -> float:
    count = 200_000
    codes = _ring().seal(BATCH, 0, count).tolist()
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE stamps (code TEXT PRIMARY KEY, batch INT, idx INT, state TEXT)"
            " WITHOUT ROWID"
        )
        before = _size(path)
        database.executemany(
            "INSERT INTO stamps VALUES (?, ?, ?, 'issued')",
            ((code.decode(), BATCH, index) for index, code in enumerate(codes)),
        )
        database.commit()
        return (_size(path) - before) / count


def _size(path: Path) -> int:
    """Pages in use, in bytes, whatever of them is still in the write-ahead log."""
    with closing(sqlite3.connect(path)) as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (free,) = database.execute("PRAGMA freelist_count").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)


def _ring() -> KeyRing:
    return KeyRing([EpochKeys.derive(0, MASTER)])


def _rate(count: int, work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return count / (perf_counter() - start)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core, so that nothing is won by a second one."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
