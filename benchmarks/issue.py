"""Issuing: sealed and signed codes per second on one core, and ledger bytes of an unscanned stamp.

- `issue.sealed`: canonical codes per second from the key ring, a million at a time. Peer: a loop of
  HMAC-SHA256 over the same identities (the tag alone, no text).
- `issue.signed`: codes sealed, signed with Ed25519 and encoded as the printed 103 characters. Peer:
  the bare signatures of prepared messages.
- `issue.ledger_bytes`: growth of the ledger's SQLite file for each stamp, in whole issues of ten
  million stamps (order, approval, batch, span, audit, manifest). Peer: a row per stamp.

Rates are of processor time, so that other work on the machine does not count.
"""

import asyncio
import hmac
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.figures import Figure
from benchmarks.plan import Plan
from benchmarks.work import compare_work, measure_rate
from issuer import Issuer, Signer, StampKeys
from ledger import Order, open_ledger
from stamps.key_ring import EpochKeys, KeyRing
from stamps.signature import MESSAGE_PREFIX
from tests.accounts import add_accounts

MASTER, SEED = bytes(range(32)), bytes(range(32, 64))
BATCH = 7
ISSUE = 10_000_000
"""Stamps of one measured issue."""


def run(plan: Plan) -> Iterator[Figure]:
    """Measure the three figures."""
    quick, rounds = plan.quick, 5 if plan.quick else 15
    with _use_one_core():
        figures = [
            measure_sealing(plan, 100_000 if quick else 1_000_000, rounds),
            measure_signing(plan, 1_000 if quick else 10_000, rounds),
        ]
    yield from figures
    # A file grows by pages of 4 kB, so that a few issues would add zero or one page.
    yield measure_ledger_bytes(10 if quick else 40)


def prepare_sealing(count: int) -> Callable[[], object]:
    """Work that seals `count` codes."""
    ring = _make_ring()
    return lambda: ring.seal(BATCH, 0, count)


def prepare_signing(count: int) -> Callable[[], object]:
    """Work that seals and signs `count` codes."""
    ring, signer = _make_ring(), Signer({0: SEED})
    return lambda: signer.sign_codes(ring.seal(BATCH, 0, count))


def measure_sealing(plan: Plan, count: int, rounds: int) -> Figure:
    """Sealed codes per second."""
    key = EpochKeys.derive(0, MASTER).tag

    def hmac_loop() -> None:
        for identity in range(BATCH << 24, (BATCH << 24) + count // 10):
            hmac.digest(key, identity.to_bytes(6, "big"), "sha256")

    peers = {"hmac_loop": lambda: measure_rate(count // 10, hmac_loop)}
    return compare_work(plan, "issue.sealed", "codes/s", count, peers, rounds)


def measure_signing(plan: Plan, count: int, rounds: int) -> Figure:
    """Signed codes per second, from identity to printed text."""
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    messages = [MESSAGE_PREFIX + code for code in _make_ring().seal(BATCH, 0, count).tolist()]

    def bare() -> None:
        for message in messages:
            key.sign(message)

    peers = {"bare_ed25519": lambda: measure_rate(count, bare)}
    return compare_work(plan, "issue.signed", "codes/s", count, peers, rounds)


def measure_ledger_bytes(issues: int) -> Figure:
    """Measure the growth of the ledger in bytes for each issued, unscanned stamp."""
    with tempfile.TemporaryDirectory() as directory:
        ours = asyncio.run(_issue_batches(Path(directory, "ledger.db"), issues)) / (issues * ISSUE)
        rows = _store_rows(Path(directory, "rows.db"))
    return Figure(
        "issue.ledger_bytes",
        ours,
        "bytes/stamp",
        {"row_a_stamp": rows},
        {"row_a_stamp": ours / rows},
    )


async def _issue_batches(path: Path, issues: int) -> int:
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await ledger.migrate()
        await add_accounts(ledger, "mai", "tuan")
        before = _measure_size(path)
        issuer = Issuer(ledger, StampKeys.derive({0: MASTER}), Signer({0: SEED}))
        for number in range(issues):
            order = f"order-{number}"
            await ledger.orders.add(Order(order, ISSUE, "sealed", "mai"))
            await ledger.orders.approve(order, "tuan")
            await issuer.issue(order, host="VERITEM.VN", actor="lan", key=order)
        return _measure_size(path) - before


def _store_rows(path: Path) -> float:
    count = 200_000
    codes = _make_ring().seal(BATCH, 0, count).tolist()
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE stamps (code TEXT PRIMARY KEY, batch INT, idx INT, state TEXT)"
            " WITHOUT ROWID"
        )
        before = _measure_size(path)
        database.executemany(
            "INSERT INTO stamps VALUES (?, ?, ?, 'issued')",
            ((code.decode(), BATCH, index) for index, code in enumerate(codes)),
        )
        database.commit()
        return (_measure_size(path) - before) / count


def _measure_size(path: Path) -> int:
    """Return the bytes of used pages, including the write-ahead log."""
    with closing(sqlite3.connect(path)) as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (free,) = database.execute("PRAGMA freelist_count").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)


def _make_ring() -> KeyRing:
    return KeyRing([EpochKeys.derive(0, MASTER)])


@contextmanager
def _use_one_core() -> Iterator[None]:
    """Pin this process and its children to one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
